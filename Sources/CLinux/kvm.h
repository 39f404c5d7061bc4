// KVM: the ioctl numbers, which are macros that Swift does not import (linux/kvm.h, Documentation/virt/kvm/api.rst),
// and the two calls that bound a KVM_RUN, whose structures Swift cannot fill.
#pragma once
#include <linux/kvm.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <time.h>
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

/// timer_create(2) for a timer that signals the calling thread, whichever other threads there are.
static inline int mv_timer_for_thread(int signal, timer_t *timer) {
    struct sigevent event;
    memset(&event, 0, sizeof(event));
    event.sigev_notify = SIGEV_THREAD_ID;
    event.sigev_signo = signal;
    event._sigev_un._tid = (pid_t)syscall(SYS_gettid);
    return timer_create(CLOCK_MONOTONIC, &event, timer);
}
