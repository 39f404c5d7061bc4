/// A CPUID feature bit that decides something about a macOS guest. The raw value is QEMU's name for it.
public enum CPUFeature: String, Sendable, CaseIterable {
    case sse3 = "pni"
    case pclmulqdq, ssse3, fma, cx16, pcid, movbe, popcnt, aes, xsave, avx, f16c, rdrand, x2apic
    case sse41 = "sse4.1"
    case sse42 = "sse4.2"
    case tscDeadline = "tsc-deadline"
    case fsgsbase, bmi1, avx2, smep, bmi2, erms, invpcid, rdseed, adx, smap
    case specCtrl = "spec-ctrl"
    case xsaveopt, xsavec, xgetbv1, xsaves
    case lahf = "lahf-lm"
    case abm
    case prefetch3DNow = "3dnowprefetch"
    case pdpe1gb, rdtscp, invtsc

    /// Where CPUID shows it: Intel SDM volume 2A, "CPUID"; AMD APM volume 3, appendix E.
    fileprivate var location: CPUIDLocation {
        switch self {
        case .sse3: CPUIDLocation(1, .ecx, bit: 0)
        case .pclmulqdq: CPUIDLocation(1, .ecx, bit: 1)
        case .ssse3: CPUIDLocation(1, .ecx, bit: 9)
        case .fma: CPUIDLocation(1, .ecx, bit: 12)
        case .cx16: CPUIDLocation(1, .ecx, bit: 13)
        case .pcid: CPUIDLocation(1, .ecx, bit: 17)
        case .sse41: CPUIDLocation(1, .ecx, bit: 19)
        case .sse42: CPUIDLocation(1, .ecx, bit: 20)
        case .x2apic: CPUIDLocation(1, .ecx, bit: 21)
        case .movbe: CPUIDLocation(1, .ecx, bit: 22)
        case .popcnt: CPUIDLocation(1, .ecx, bit: 23)
        case .tscDeadline: CPUIDLocation(1, .ecx, bit: 24)
        case .aes: CPUIDLocation(1, .ecx, bit: 25)
        case .xsave: CPUIDLocation(1, .ecx, bit: 26)
        case .avx: CPUIDLocation(1, .ecx, bit: 28)
        case .f16c: CPUIDLocation(1, .ecx, bit: 29)
        case .rdrand: CPUIDLocation(1, .ecx, bit: 30)
        case .fsgsbase: CPUIDLocation(7, .ebx, bit: 0)
        case .bmi1: CPUIDLocation(7, .ebx, bit: 3)
        case .avx2: CPUIDLocation(7, .ebx, bit: 5)
        case .smep: CPUIDLocation(7, .ebx, bit: 7)
        case .bmi2: CPUIDLocation(7, .ebx, bit: 8)
        case .erms: CPUIDLocation(7, .ebx, bit: 9)
        case .invpcid: CPUIDLocation(7, .ebx, bit: 10)
        case .rdseed: CPUIDLocation(7, .ebx, bit: 18)
        case .adx: CPUIDLocation(7, .ebx, bit: 19)
        case .smap: CPUIDLocation(7, .ebx, bit: 20)
        case .specCtrl: CPUIDLocation(7, .edx, bit: 26)
        case .xsaveopt: CPUIDLocation(0xd, index: 1, .eax, bit: 0)
        case .xsavec: CPUIDLocation(0xd, index: 1, .eax, bit: 1)
        case .xgetbv1: CPUIDLocation(0xd, index: 1, .eax, bit: 2)
        case .xsaves: CPUIDLocation(0xd, index: 1, .eax, bit: 3)
        case .lahf: CPUIDLocation(0x8000_0001, .ecx, bit: 0)
        case .abm: CPUIDLocation(0x8000_0001, .ecx, bit: 5)
        case .prefetch3DNow: CPUIDLocation(0x8000_0001, .ecx, bit: 8)
        case .pdpe1gb: CPUIDLocation(0x8000_0001, .edx, bit: 26)
        case .rdtscp: CPUIDLocation(0x8000_0001, .edx, bit: 27)
        case .invtsc: CPUIDLocation(0x8000_0007, .edx, bit: 8)
        }
    }
}

/// One bit of what the CPUID instruction returns.
private struct CPUIDLocation {
    enum Register { case eax, ebx, ecx, edx }
    let function: UInt32
    let index: UInt32
    let register: Register
    let bit: UInt32

    init(_ function: UInt32, index: UInt32 = 0, _ register: Register, bit: UInt32) {
        self.function = function
        self.index = index
        self.register = register
        self.bit = bit
    }
}

/// What the CPUID instruction returned for one leaf: struct kvm_cpuid_entry2 in linux/kvm.h.
public struct CPUIDLeaf: Codable, Equatable, Sendable {
    public var function: UInt32
    public var index: UInt32
    public var eax: UInt32
    public var ebx: UInt32
    public var ecx: UInt32
    public var edx: UInt32

    public init(function: UInt32, index: UInt32, eax: UInt32, ebx: UInt32, ecx: UInt32, edx: UInt32) {
        (self.function, self.index) = (function, index)
        (self.eax, self.ebx, self.ecx, self.edx) = (eax, ebx, ecx, edx)
    }

    fileprivate func has(_ location: CPUIDLocation) -> Bool {
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

extension CPUFeature {
    /// Every feature whose bit is set in one of the leaves; an absent leaf has none.
    ///
    /// KVM_GET_SUPPORTED_CPUID lacks `tsc-deadline` and `x2apic` though a guest gets them: KVM emulates both in its local APIC and
    /// announces the former as a capability (KVM_CAP_TSC_DEADLINE_TIMER).
    public static func all(in leaves: [CPUIDLeaf]) -> Set<CPUFeature> {
        Set(allCases.filter { feature in leaves.contains { $0.has(feature.location) } })
    }
}
