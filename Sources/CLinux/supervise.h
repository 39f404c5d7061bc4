// What a parent of other processes needs: signals as a descriptor, children that nobody waits for, its own name, power-off.
//
// Raw system calls, and no <signal.h>: Swift would take its structures for CLinux's.
#pragma once
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/reboot.h>
#include <sys/syscall.h>
#include <unistd.h>

/// Whether a signal is ignored, as nohup(1) arranges it.
static inline int mv_signal_is_ignored(int signal) {
    // The kernel's struct sigaction: handler, flags, restorer, mask.
    uint64_t action[4] = {0};
    return syscall(SYS_rt_sigaction, signal, 0, action, sizeof(uint64_t)) == 0 && action[0] == 1 /* SIG_IGN */;
}

/// Blocks the signals of `set`, signal 1 in bit 0, and returns a descriptor from which they are read: signalfd(2).
static inline int mv_signal_descriptor(uint64_t set) {
    if (syscall(SYS_rt_sigprocmask, 0 /* SIG_BLOCK */, &set, 0, sizeof set) < 0) return -1;
    return (int)syscall(SYS_signalfd4, -1, &set, sizeof set, 02004000 /* SFD_CLOEXEC | SFD_NONBLOCK, linux/signalfd.h */);
}

/// The next signal of a descriptor of `mv_signal_descriptor`; 0 when there is none.
static inline int mv_signal_next(int fd) {
    uint32_t information[32]; // struct signalfd_siginfo, 128 bytes: the first word is the signal.
    return read(fd, information, sizeof information) == sizeof information ? (int)information[0] : 0;
}

/// A child that has ended and was not waited for, 0 when there is none: waitid(2) with WNOWAIT, which leaves it.
static inline int mv_ended_child(void) {
    int information[32] = {0}; // siginfo_t, asm-generic/siginfo.h: on 64-bit machines si_pid is at byte 16.
    long result = syscall(SYS_waitid, 0 /* P_ALL */, 0, information, 1 | 4 | 0x01000000 /* WNOHANG | WEXITED | WNOWAIT */, 0);
    return result == 0 ? information[4] : 0;
}

/// prctl(PR_SET_NAME): what /proc/PID/comm shows.
static inline int mv_set_name(const char *name) { return prctl(PR_SET_NAME, name, 0, 0, 0); }

/// Pins a thread, 0 for the calling one, to the CPUs of a mask, CPU 0 in bit 0 of the first word: sched_setaffinity(2).
static inline int mv_set_affinity(int thread, const uint64_t *mask, unsigned long words) {
    return (int)syscall(SYS_sched_setaffinity, thread, words * sizeof *mask, mask);
}

/// A descriptor that tells of changes of files: inotify_init1(2).
static inline int mv_file_watch(void) { return (int)syscall(SYS_inotify_init1, 02004000 /* IN_CLOEXEC | IN_NONBLOCK */); }

/// Has it tell when a file, or one in a directory, is written, replaced or removed: inotify_add_watch(2).
static inline int mv_file_watch_add(int fd, const char *path) {
    return (int)syscall(
        SYS_inotify_add_watch, fd, path, 0x8 | 0x40 | 0x80 | 0x100 | 0x200 /* IN_CLOSE_WRITE, IN_MOVED_*, IN_CREATE, IN_DELETE */);
}

/// Whether a path is on a file system in memory, tmpfs or ramfs (linux/magic.h); -1 with errno when it cannot be looked at: statfs(2).
static inline int mv_is_in_memory(const char *path) {
    uint64_t status[32] = {0}; // struct statfs of asm-generic/statfs.h: the first word is the type.
    if (syscall(SYS_statfs, path, status) < 0) return -1;
    return status[0] == 0x01021994 || status[0] == 0x858458f6;
}

/// Whether somebody holds a lock on a part of an open file that a writer would wait for: fcntl(2), F_OFD_GETLK. -1 with errno.
static inline int mv_is_locked(int fd) {
    // struct flock of asm-generic/fcntl.h on 64-bit machines: type and whence, then start, length and process.
    struct { int16_t type, whence; int64_t start, length; int32_t process; } lock = {1 /* F_WRLCK */, 0 /* SEEK_SET */, 0, 0, 0};
    if (syscall(SYS_fcntl, fd, 36 /* F_OFD_GETLK, asm-generic/fcntl.h */, &lock) < 0) return -1;
    return lock.type != 2 /* F_UNLCK */;
}

/// Powers the machine off: reboot(2). Needs CAP_SYS_BOOT; in a process namespace of its own it ends the namespace.
static inline int mv_power_off(void) { return reboot(RB_POWER_OFF); }
