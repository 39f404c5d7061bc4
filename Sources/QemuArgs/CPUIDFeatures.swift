/// What one CPUID leaf returned: an entry of KVM_GET_SUPPORTED_CPUID (struct kvm_cpuid_entry2 in linux/kvm.h).
public struct CPUIDEntry: Codable, Equatable, Sendable {
    public var function: UInt32
    public var index: UInt32
    public var eax: UInt32
    public var ebx: UInt32
    public var ecx: UInt32
    public var edx: UInt32

    public init(function: UInt32, index: UInt32, eax: UInt32, ebx: UInt32, ecx: UInt32, edx: UInt32) {
        self.function = function
        self.index = index
        self.eax = eax
        self.ebx = ebx
        self.ecx = ecx
        self.edx = edx
    }

    func has(_ location: CPUIDLocation) -> Bool {
        guard function == location.function, index == location.index else { return false }
        let value =
            switch location.register {
            case .eax: eax
            case .ebx: ebx
            case .ecx: ecx
            case .edx: edx
            }
        return value & (1 << location.bit) != 0
    }
}

/// Raw CPUID leaves as features.
public enum CPUIDFeatures {
    /// Every feature whose bit is set in one of the entries; a leaf that is absent has none.
    ///
    /// Of KVM's answer: `tsc-deadline` and `x2apic` are missing there though a guest gets them, because KVM emulates both in its local
    /// APIC and announces the former as a capability (KVM_CAP_TSC_DEADLINE_TIMER).
    public static func decode(_ entries: [CPUIDEntry]) -> Set<CPUFeature> {
        Set(CPUFeature.allCases.filter { feature in entries.contains { $0.has(feature.location) } })
    }
}
