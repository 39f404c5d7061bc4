import CLinux

/// The answers of KVM_CHECK_EXTENSION that a plan or a bug report wants, by the name of the constant.
enum KVMCapability {
    static let all: [(name: String, number: Int32)] = [
        ("KVM_CAP_IRQCHIP", KVM_CAP_IRQCHIP),
        ("KVM_CAP_SPLIT_IRQCHIP", KVM_CAP_SPLIT_IRQCHIP),
        ("KVM_CAP_IRQFD", KVM_CAP_IRQFD),
        ("KVM_CAP_IOEVENTFD", KVM_CAP_IOEVENTFD),
        ("KVM_CAP_PIT2", KVM_CAP_PIT2),
        ("KVM_CAP_SYNC_MMU", KVM_CAP_SYNC_MMU),
        ("KVM_CAP_READONLY_MEM", KVM_CAP_READONLY_MEM),
        ("KVM_CAP_NR_MEMSLOTS", KVM_CAP_NR_MEMSLOTS),
        ("KVM_CAP_NR_VCPUS", KVM_CAP_NR_VCPUS),
        ("KVM_CAP_MAX_VCPUS", KVM_CAP_MAX_VCPUS),
        ("KVM_CAP_TSC_DEADLINE_TIMER", KVM_CAP_TSC_DEADLINE_TIMER),
        ("KVM_CAP_GET_TSC_KHZ", KVM_CAP_GET_TSC_KHZ),
        // TSC scaling: without it only the machine's own frequency can be asked for.
        ("KVM_CAP_TSC_CONTROL", KVM_CAP_TSC_CONTROL),
        ("KVM_CAP_VM_TSC_CONTROL", KVM_CAP_VM_TSC_CONTROL),
        ("KVM_CAP_ADJUST_CLOCK", KVM_CAP_ADJUST_CLOCK),
        // QEMU 7.2 and newer answer MSR 0x35 with it, which XNU counts its CPUs by.
        ("KVM_CAP_X86_USER_SPACE_MSR", KVM_CAP_X86_USER_SPACE_MSR),
        ("KVM_CAP_X86_MSR_FILTER", KVM_CAP_X86_MSR_FILTER),
        ("KVM_CAP_X86_SMM", KVM_CAP_X86_SMM),
        ("KVM_CAP_X86_DISABLE_EXITS", KVM_CAP_X86_DISABLE_EXITS),
        ("KVM_CAP_XSAVE", KVM_CAP_XSAVE),
        ("KVM_CAP_HALT_POLL", KVM_CAP_HALT_POLL),
        ("KVM_CAP_IMMEDIATE_EXIT", KVM_CAP_IMMEDIATE_EXIT),
        ("KVM_CAP_NESTED_STATE", KVM_CAP_NESTED_STATE),
        ("KVM_CAP_HYPERV", KVM_CAP_HYPERV),
    ]
}
