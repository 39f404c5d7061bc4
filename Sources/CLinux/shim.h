// What glibc's Swift module does not export: variadic ioctl(2), macros that the importer skips,
// and system calls without a wrapper. Each function returns the system call's own result and leaves errno alone.
#pragma once
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

/// ioctl(2) with a pointer argument.
static inline int mv_ioctl_pointer(int fd, unsigned long request, void *argument) { return ioctl(fd, request, argument); }
/// ioctl(2) with an integer argument.
static inline int mv_ioctl_value(int fd, unsigned long request, unsigned long argument) { return ioctl(fd, request, argument); }
