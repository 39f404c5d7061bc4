// close_range(2), which glibc's Swift module does not export.
#pragma once
#include <sys/syscall.h>
#include <unistd.h>

/// Sets FD_CLOEXEC on `first` and every descriptor above it; Linux 5.11.
static inline int mv_close_on_exec_from(unsigned int first) {
    return (int)syscall(SYS_close_range, first, ~0U, 4U /* CLOSE_RANGE_CLOEXEC, linux/close_range.h */);
}
