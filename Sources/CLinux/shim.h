// What glibc's Swift module does not export: variadic ioctl(2), macros that the importer skips,
// and system calls without a wrapper. Each function returns the system call's own result and leaves errno alone.
#pragma once
#include <linux/fs.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

/// ioctl(2) with a pointer argument.
static inline int mv_ioctl_pointer(int fd, unsigned long request, void *argument) { return ioctl(fd, request, argument); }
/// ioctl(2) with an integer argument.
static inline int mv_ioctl_value(int fd, unsigned long request, unsigned long argument) { return ioctl(fd, request, argument); }

/// BLKGETSIZE64: the size of a block device in bytes.
static inline int mv_block_size(int fd, uint64_t *bytes) { return ioctl(fd, BLKGETSIZE64, bytes); }

/// io_uring_setup(2) with no entries: EINVAL, said last, where it works; ENOSYS or EPERM where the kernel has no io_uring or forbids it.
static inline int mv_io_uring_probe(void) {
    unsigned char parameters[120] = {0}; // struct io_uring_params, linux/io_uring.h
    return (int)syscall(__NR_io_uring_setup, 0, parameters);
}

/// prctl(PR_SET_NO_NEW_PRIVS): from here on execve(2) gives nobody more privileges.
static inline int mv_no_new_privileges(void) { return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); }

/// makedev(3), a macro.
static inline unsigned long mv_makedev(unsigned int major, unsigned int minor) { return makedev(major, minor); }
