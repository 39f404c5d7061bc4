// Descriptors of another process, see pidfd_open(2) and pidfd_getfd(2): glibc's Swift module exports neither.
#pragma once
#include <sys/syscall.h>
#include <unistd.h>

/// A descriptor that stands for process `pid`.
static inline int mv_pidfd_open(int pid) { return (int)syscall(SYS_pidfd_open, pid, 0); }
/// A duplicate, here, of descriptor `fd` there: both share one open file description.
static inline int mv_pidfd_getfd(int pidfd, int fd) { return (int)syscall(SYS_pidfd_getfd, pidfd, fd, 0); }
/// Sends `signal` to the process of `pidfd`, and to no other one that got its number.
static inline int mv_pidfd_send_signal(int pidfd, int signal) { return (int)syscall(SYS_pidfd_send_signal, pidfd, signal, 0, 0); }
