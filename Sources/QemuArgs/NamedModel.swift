/// One of QEMU's CPU models, as far as this package chooses it.
///
/// XNU knows CPUs by family and model number and panics on any that it has no table entry for, which is most of what clouds run; so a
/// model that a Mac had is named, on AMD too. https://github.com/apple-oss-distributions/xnu/blob/main/osfmk/i386/cpuid.c
/// (cpuid_set_cpufamily)
public enum NamedModel: String, Codable, Equatable, Sendable, CaseIterable {
    /// iMac17,1 and later. Version 4 has no TSX, which microcode took away, and has XSAVES.
    case skylake = "Skylake-Client-v4"
    /// iMac14,1 and later.
    case haswell = "Haswell-noTSX"

    /// What the model includes of `CPUFeature`: QEMU 7.2's query-cpu-model-expansion. A version of a model never changes; `x2apic` and
    /// `tsc-deadline` come from KVM's local APIC, whatever the processor has.
    public var features: [CPUFeature] {
        let haswell: [CPUFeature] = [
            .sse3, .pclmulqdq, .ssse3, .fma, .cx16, .pcid, .sse41, .sse42, .x2apic, .movbe, .popcnt, .tscDeadline, .aes, .xsave, .avx,
            .f16c, .rdrand, .fsgsbase, .bmi1, .avx2, .smep, .bmi2, .erms, .invpcid, .xsaveopt, .lahf, .abm, .rdtscp,
        ]
        switch self {
        case .haswell: return haswell
        case .skylake: return haswell + [.rdseed, .adx, .smap, .specCtrl, .xsavec, .xgetbv1, .xsaves, .prefetch3DNow]
        }
    }

    /// What QEMU 7.2's translator lacks of the two models; a later one that has them does without.
    static let unsupportedByTCG: Set<CPUFeature> = [
        .pcid, .x2apic, .tscDeadline, .invpcid, .rdseed, .specCtrl, .prefetch3DNow, .xsavec, .xsaves,
    ]
    static let emulatedByKVM: Set<CPUFeature> = [.x2apic, .tscDeadline]
}
