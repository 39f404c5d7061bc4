// close_range(2) and copy_file_range(2), which glibc's Swift module does not export.
#pragma once
#include <stdint.h>
#include <sys/syscall.h>
#include <unistd.h>

/// Sets FD_CLOEXEC on `first` and every descriptor above it; Linux 5.11.
static inline int mv_close_on_exec_from(unsigned int first) {
    return (int)syscall(SYS_close_range, first, ~0U, 4U /* CLOSE_RANGE_CLOEXEC, linux/close_range.h */);
}

/// copy_file_range(2): the kernel copies, or shares the blocks, without this process's memory. The offsets stay where they are.
static inline ssize_t mv_copy_file_range(int from, int64_t from_offset, int to, int64_t to_offset, size_t count) {
    return syscall(SYS_copy_file_range, from, &from_offset, to, &to_offset, count, 0);
}
