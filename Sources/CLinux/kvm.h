// KVM: the ioctl numbers, which are macros that Swift does not import (linux/kvm.h, Documentation/virt/kvm/api.rst),
// and what bounds a KVM_RUN. Includes no <time.h> or <signal.h>: Swift would take their structures for CLinux's.
#pragma once
#include <linux/kvm.h>
#include <linux/time_types.h>
#include <stdint.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

static const unsigned long MV_KVM_GET_API_VERSION = KVM_GET_API_VERSION;
static const unsigned long MV_KVM_CREATE_VM = KVM_CREATE_VM;
static const unsigned long MV_KVM_CHECK_EXTENSION = KVM_CHECK_EXTENSION;
static const unsigned long MV_KVM_GET_SUPPORTED_CPUID = KVM_GET_SUPPORTED_CPUID;
static const unsigned long MV_KVM_GET_VCPU_MMAP_SIZE = KVM_GET_VCPU_MMAP_SIZE;
static const unsigned long MV_KVM_SET_TSS_ADDR = KVM_SET_TSS_ADDR;
static const unsigned long MV_KVM_SET_IDENTITY_MAP_ADDR = KVM_SET_IDENTITY_MAP_ADDR;
static const unsigned long MV_KVM_SET_USER_MEMORY_REGION = KVM_SET_USER_MEMORY_REGION;
static const unsigned long MV_KVM_CREATE_VCPU = KVM_CREATE_VCPU;
static const unsigned long MV_KVM_GET_TSC_KHZ = KVM_GET_TSC_KHZ;
static const unsigned long MV_KVM_RUN = KVM_RUN;

/// KVM_SET_SIGNAL_MASK: during KVM_RUN of this vCPU every signal is blocked but `signal`.
static inline int mv_kvm_admit_signal(int vcpu, int signal) {
    struct {
        uint32_t length;
        uint8_t set[8];
    } mask = {8, {0}};
    // The kernel's set is one word, signal 1 in bit 0; glibc's is larger.
    uint64_t set = ~(UINT64_C(1) << (signal - 1));
    memcpy(mask.set, &set, sizeof(set));
    return ioctl(vcpu, KVM_SET_SIGNAL_MASK, &mask);
}

/// timer_create(2) and timer_settime(2): sends `signal` to the calling thread, whichever other threads there are, after a time.
/// The timer's number goes to `timer`.
static inline int mv_timer_start(int signal, long milliseconds, int *timer) {
    // The kernel's struct sigevent, include/uapi/asm-generic/siginfo.h: 64 bytes.
    struct {
        uint64_t value;
        int signal, notify, thread, padding[11];
    } event = {0, signal, 4 /* SIGEV_THREAD_ID */, (int)syscall(SYS_gettid), {0}};
    if (syscall(SYS_timer_create, 1 /* CLOCK_MONOTONIC */, &event, timer) < 0) return -1;
    struct __kernel_itimerspec time = {{0, 0}, {milliseconds / 1000, milliseconds % 1000 * 1000000}};
    // Cannot fail: the timer is ours and the time is in range.
    return (int)syscall(SYS_timer_settime, *timer, 0, &time, 0);
}

/// timer_delete(2) for a timer of `mv_timer_start`.
static inline int mv_timer_delete(int timer) { return (int)syscall(SYS_timer_delete, timer); }
