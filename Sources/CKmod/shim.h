// libkmod, and the one thing that Swift cannot do with it: its log callback takes a va_list.
#pragma once
#include <libkmod.h>
#include <stdio.h>

/// What libkmod said, one message a line. Fixed in size: a message that does not fit is cut, later ones are dropped.
struct mv_kmod_log {
    size_t used;
    char text[8192];
};

/// The text, not terminated by a zero: Swift does not import arrays of this size.
static inline const char *mv_kmod_log_text(const struct mv_kmod_log *log) { return log->text; }

static inline void mv_kmod_log_append(void *data, int priority, const char *file, int line, const char *function,
                                      const char *format, va_list arguments) {
    struct mv_kmod_log *log = (struct mv_kmod_log *)data;
    (void)priority, (void)file, (void)line, (void)function;
    size_t room = sizeof(log->text) - log->used;
    int length = vsnprintf(log->text + log->used, room, format, arguments);
    if (length > 0) log->used += (size_t)length < room ? (size_t)length : room - 1;
}

/// Sends the context's messages, `priority` (syslog.h) and more urgent ones, to `log`, which must outlive the context.
static inline void mv_kmod_collect_log(struct kmod_ctx *context, struct mv_kmod_log *log, int priority) {
    kmod_set_log_fn(context, mv_kmod_log_append, log);
    kmod_set_log_priority(context, priority);
}
