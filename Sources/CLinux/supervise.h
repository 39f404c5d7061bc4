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

/// Powers the machine off: reboot(2). Needs CAP_SYS_BOOT; in a process namespace of its own it ends the namespace.
static inline int mv_power_off(void) { return reboot(RB_POWER_OFF); }
