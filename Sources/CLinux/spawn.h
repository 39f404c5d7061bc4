// Starts a program as posix_spawn(3) does, and does what posix_spawn cannot: a signal for the child when its parent dies,
// another user, and a descriptor that tells the child's end.
//
// Raw system calls in the child: it shares this process's memory, and glibc's setresuid would change the threads that it finds there.
// Includes no <signal.h>: Swift would take its structures for CLinux's.
#pragma once
#include <errno.h>
#include <linux/sched.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

// <sched.h> declares it for GNU sources only.
extern int clone(int (*function)(void *), void *stack, int flags, void *argument, ...);

enum { MV_SPAWN_PASSED = 64 };

struct mv_spawn {
    const char *path;
    char *const *arguments, *const *environment;
    /// What becomes descriptors 0, 1 and 2 of the child.
    int input, output, error;
    /// Further descriptors of the child, and the numbers that they get there; at most MV_SPAWN_PASSED.
    const int *passed, *numbers;
    int passed_count;
    /// umask(2) of the child; -1 keeps ours.
    int mask;
    /// PR_SET_NO_NEW_PRIVS: no program that the child executes gives it more privileges.
    int restricted;
    /// SIGKILL for the child when the thread that started it ends.
    int ends_with_parent;
    /// setpgid(0, 0): signals of the terminal do not reach the child.
    int own_group;
    /// The user and the group of the child, without further groups and without a way back; kept where changing them is not permitted.
    int changes_user;
    uint32_t user, group;
    /// A directory that is empty for the child, if it exists and that can be done; or NULL.
    const char *hidden;
    /// Results: the child, a descriptor of it that is readable when it has ended (-1 before Linux 5.2), an errno value or 0.
    int process, pidfd, failure;
    int parent;
};

static int mv_spawn_user(const struct mv_spawn *spawn) {
    long results[] = {
        syscall(SYS_setgroups, 0, 0),
        syscall(SYS_setresgid, spawn->group, spawn->group, spawn->group),
        syscall(SYS_setresuid, spawn->user, spawn->user, spawn->user),
        prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0),
    };
    // Only the last has to work: without CAP_SETUID, or where a user namespace does not know this user, there is nothing to give up.
    return (int)results[3];
}

/// In a mount namespace of the child. Without CAP_SYS_ADMIN, a user namespace gives the right to have one.
static void mv_spawn_hide(const char *directory) {
    if (syscall(SYS_unshare, CLONE_NEWNS) < 0 && syscall(SYS_unshare, CLONE_NEWUSER | CLONE_NEWNS) < 0) return;
    // mount --make-rprivate /; mount -t tmpfs none DIRECTORY
    if (syscall(SYS_mount, 0, "/", 0, 0x44000UL /* MS_REC | MS_PRIVATE, linux/mount.h */, 0) < 0) return;
    syscall(SYS_mount, "none", directory, "tmpfs", 1UL /* MS_RDONLY */, 0);
}

static int mv_spawn_pass(const struct mv_spawn *spawn) {
    int moved[MV_SPAWN_PASSED], above = 3;
    for (int i = 0; i < spawn->passed_count; i++)
        if (spawn->numbers[i] >= above) above = spawn->numbers[i] + 1;
    // Out of the way of each other, as above.
    for (int i = 0; i < spawn->passed_count; i++)
        if ((moved[i] = (int)syscall(SYS_fcntl, spawn->passed[i], 1030 /* F_DUPFD_CLOEXEC */, above)) < 0) return -1;
    for (int i = 0; i < spawn->passed_count; i++)
        if (syscall(SYS_dup3, moved[i], spawn->numbers[i], 0) < 0) return -1;
    return 0;
}

static int mv_spawn_child(void *argument) {
    struct mv_spawn *spawn = argument;
    // The kernel's struct sigaction, all zero: SIG_DFL. A handler must not run in memory that is not the child's.
    const uint64_t defaults[4] = {0}, none = 0;
    for (int signal = 1; signal <= 64; signal++) syscall(SYS_rt_sigaction, signal, defaults, 0, sizeof none);
    // First out of the way of each other: one of them may be 0, 1 or 2.
    int sources[] = {spawn->input, spawn->output, spawn->error};
    for (int target = 0; target < 3; target++)
        if ((sources[target] = (int)syscall(SYS_fcntl, sources[target], 1030 /* F_DUPFD_CLOEXEC */, 3)) < 0) goto failed;
    for (int target = 0; target < 3; target++)
        if (syscall(SYS_dup3, sources[target], target, 0) < 0) goto failed;
    // What the caller inherited without the flag, as from a shell; Linux 5.11.
    syscall(SYS_close_range, 3, ~0U, 4 /* CLOSE_RANGE_CLOEXEC, linux/close_range.h */);
    if (mv_spawn_pass(spawn) < 0) goto failed;
    if (spawn->mask >= 0) syscall(SYS_umask, spawn->mask);
    if (spawn->own_group && syscall(SYS_setpgid, 0, 0) < 0) goto failed;
    if (spawn->hidden) mv_spawn_hide(spawn->hidden);
    if (spawn->changes_user && mv_spawn_user(spawn) < 0) goto failed;
    if (spawn->restricted && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0) goto failed;
    // After the user, whose change would take it back. A parent that died before this line sends nothing.
    if (spawn->ends_with_parent) {
        if (prctl(PR_SET_PDEATHSIG, 9 /* SIGKILL */, 0, 0, 0) < 0) goto failed;
        if (syscall(SYS_getppid) != spawn->parent) _exit(127);
    }
    syscall(SYS_rt_sigprocmask, 2 /* SIG_SETMASK */, &none, 0, sizeof none);
    execve(spawn->path, spawn->arguments, spawn->environment);
failed:
    spawn->failure = errno;
    _exit(127);
}

/// Returns when the child has become the program, or could not: then `failure` says why.
__attribute__((noinline, unused)) static void mv_spawn_start(struct mv_spawn *spawn) {
    char stack[16384] __attribute__((aligned(16)));
    uint64_t all = ~UINT64_C(0), before = 0;
    spawn->parent = (int)syscall(SYS_getpid);
    spawn->pidfd = -1;
    spawn->failure = 0;
    syscall(SYS_rt_sigprocmask, 2 /* SIG_SETMASK */, &all, &before, sizeof all);
    // As vfork(2): the child runs on our memory and this thread waits until it has become another program.
    spawn->process = clone(
        mv_spawn_child, stack + sizeof stack, CLONE_VM | CLONE_VFORK | CLONE_PIDFD | 17 /* SIGCHLD */, spawn, &spawn->pidfd);
    if (spawn->process < 0) spawn->failure = errno;
    syscall(SYS_rt_sigprocmask, 2 /* SIG_SETMASK */, &before, 0, sizeof before);
}
