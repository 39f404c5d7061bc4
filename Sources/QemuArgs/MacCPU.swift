/// Chooses the CPU that a macOS guest sees. Pure: what is known of the host in, a CPU and the reasons out.
public enum MacCPU {
    public enum Vendor: Equatable, Sendable {
        case intel, amd, other

        /// - Parameter id: the 12 letters of CPUID leaf 0, `vendor_id` of /proc/cpuinfo. Hygon's processors are AMD's Zen.
        public init(id: String) {
            switch id {
            case "GenuineIntel": self = .intel
            case "AuthenticAMD", "HygonGenuine": self = .amd
            default: self = .other
            }
        }
    }

    /// What the choice depends on.
    public struct Host: Equatable, Sendable {
        public var accelerator: Accelerator
        public var vendor: Vendor
        /// What KVM offers a guest; nil when it was not asked yet, and everything is assumed.
        public var features: Set<CPUFeature>?
        /// constant_tsc and nonstop_tsc of /proc/cpuinfo, both.
        public var hasInvariantTSC: Bool
        /// KVM_GET_TSC_KHZ, kHz.
        public var tscKHz: Int?

        public init(accelerator: Accelerator, vendor: Vendor, features: Set<CPUFeature>?, hasInvariantTSC: Bool, tscKHz: Int?) {
            self.accelerator = accelerator
            self.vendor = vendor
            self.features = features
            self.hasInvariantTSC = hasInvariantTSC
            self.tscKHz = tscKHz
        }

        func offers(_ feature: CPUFeature) -> Bool {
            switch accelerator {
            case .tcg: feature != .invtsc && !NamedModel.unsupportedByTCG.contains(feature)
            case .kvm: NamedModel.emulatedByKVM.contains(feature) || features?.contains(feature) ?? true
            }
        }
    }

    /// One thing that was decided, and why.
    public struct Decision: Equatable, Sendable {
        public var what: String
        public var reason: String
    }

    /// What this host cannot give that the guest needs.
    public enum Problem: Equatable, Sendable {
        case noSSE42, noAVX2, noInvariantTSC, noTSCFrequency

        public var text: String {
            switch self {
            case .noSSE42: "the CPU has no SSE4.2, which every macOS from 10.15 on needs"
            case .noAVX2: "the CPU has no AVX2, which macOS 13 and later needs: its dyld cache has no other code"
            case .noInvariantTSC: "the guest's TSC is not invariant: macOS 26 hangs at the hand-over to its kernel"
            case .noTSCFrequency: "the TSC frequency is unknown: the guest's clock depends on OpenCore's ProvideCurrentCpuInfo"
            }
        }
    }

    public struct Choice: Equatable, Sendable {
        public var cpu: CPU
        public var decisions: [Decision]
        public var problems: [Problem]
    }

    /// - Parameters:
    ///   - darwin: the guest's kernel: 19 is macOS 10.15, 25 is macOS 26.
    ///   - model: a QEMU CPU model that the user insists on.
    public static func choose(_ host: Host, darwin: Int, model wish: String? = nil) -> Choice {
        let named = wish.flatMap { NamedModel(rawValue: $0) } ?? (host.offers(.avx2) ? .skylake : .haswell)
        var choice = Choice(cpu: CPU(wish ?? named.rawValue), decisions: [], problems: [])
        choice.decide(
            choice.cpu.model,
            wish != nil
                ? "configured" : named == .skylake ? "the newest model that every macOS from 10.15 to 26 knows" : "the host offers no AVX2")

        // XNU: panic("Unsupported CPU") for any other vendor.
        choice.set(
            "vendor", .value("GenuineIntel"), host.vendor == .intel ? nil : "XNU runs on GenuineIntel only, and needs no patches for it")
        // XNU asks for the TSC frequency (below) only where it sees a hypervisor.
        choice.set("hypervisor", .on)
        if host.accelerator == .kvm {
            // The leaf with the TSC's frequency exists only beside KVM's own leaves.
            choice.set("kvm", .on)
            choice.set("vmware-cpuid-freq", .on)
        }
        // A third level of virtualization costs memory and time, and is rarely meant.
        choice.set("vmx", .off)
        // Guests were seen to crash with 1 GiB pages. https://github.com/quickemu-project/quickemu (macOS: -pdpe1gb)
        choice.set(CPUFeature.pdpe1gb.rawValue, .off)
        choice.setTSC(host, darwin: darwin)
        if wish == nil || wish == named.rawValue { choice.dropMissing(of: named, host) }
        // What the host lacks beyond that is left out with a warning: `enforce` would not start at all for one hidden bit.
        choice.set("check", .on)

        if !host.offers(.sse42) { choice.problems.append(.noSSE42) }
        if !host.offers(.avx2), darwin >= 22 { choice.problems.append(.noAVX2) }
        return choice
    }
}

extension MacCPU.Choice {
    fileprivate mutating func decide(_ what: String, _ reason: String) { decisions.append(MacCPU.Decision(what: what, reason: reason)) }

    fileprivate mutating func set(_ name: String, _ setting: CPU.Setting, _ reason: String? = nil) {
        cpu[name] = setting
        guard let reason else { return }
        switch setting {
        case .on: decide(name + "=on", reason)
        case .off: decide(name + "=off", reason)
        case .value(let value): decide(name + "=" + value, reason)
        }
    }

    /// XNU needs the frequency before it has a clock to measure it with. QEMU tells it in leaf 0x40000010, if the TSC is invariant or its
    /// frequency was named: target/i386/kvm/kvm.c, tsc_is_stable_and_known().
    fileprivate mutating func setTSC(_ host: MacCPU.Host, darwin: Int) {
        let hertz = host.tscKHz.flatMap { kHz -> Int? in
            let (product, overflow) = kHz.multipliedReportingOverflow(by: 1000)
            return kHz > 0 && !overflow ? product : nil
        }
        let invariant = host.accelerator == .kvm && host.hasInvariantTSC && host.offers(.invtsc)
        if invariant {
            set("invtsc", .on, "the host has constant_tsc and nonstop_tsc, and KVM offers it")
        } else if host.accelerator == .kvm, let hertz {
            // The host's own frequency: another one would need TSC scaling.
            set(
                "tsc-frequency", .value(String(hertz)),
                host.hasInvariantTSC ? "KVM does not offer invtsc; the frequency still is known" : "the host's TSC is not invariant")
        } else {
            problems.append(.noTSCFrequency)
        }
        // https://github.com/dockur/macos/issues/572
        if !invariant, darwin >= 25 { problems.append(.noInvariantTSC) }
    }

    /// QEMU leaves out by itself what the host lacks, and warns. Written down, the argument list says what the guest gets, and a warning in
    /// the log is one that nobody foresaw.
    fileprivate mutating func dropMissing(of model: NamedModel, _ host: MacCPU.Host) {
        // What setups for AMD leave out of an Intel model; and without PCIDs there is nothing to invalidate.
        // https://github.com/LongQT-sea/OpenCore-ISO (README, AMD)
        let unwanted: Set<CPUFeature> = host.accelerator == .kvm && host.vendor == .amd ? [.pcid, .invpcid, .specCtrl] : []
        let missing = model.features.filter { unwanted.contains($0) || !host.offers($0) }
        for feature in missing { cpu[feature.rawValue] = .off }
        guard !missing.isEmpty else { return }
        let names = { (features: [CPUFeature]) in features.map { "-" + $0.rawValue }.joined(separator: ",") }
        let amd = missing.filter { unwanted.contains($0) }
        let absent = missing.filter { !unwanted.contains($0) }
        if !amd.isEmpty { decide(names(amd), "the host is an AMD") }
        if !absent.isEmpty {
            decide(names(absent), host.accelerator == .kvm ? "KVM does not offer it" : "QEMU's translator has no such feature")
        }
    }
}

/// One of QEMU's CPU models that this package chooses by itself.
///
/// XNU knows CPUs by family and model number and panics on any that it has no table entry for, which is most of what clouds run; so a
/// model that a Mac had is named, on AMD too. https://github.com/apple-oss-distributions/xnu/blob/main/osfmk/i386/cpuid.c
/// (cpuid_set_cpufamily)
enum NamedModel: String {
    /// iMac17,1 and later. Version 4 has no TSX, which microcode disabled, and has XSAVES.
    case skylake = "Skylake-Client-v4"
    /// iMac14,1 and later.
    case haswell = "Haswell-noTSX"

    /// What the model includes of `CPUFeature`: QEMU 7.2's query-cpu-model-expansion. A version of a model never changes; `x2apic` and
    /// `tsc-deadline` come from KVM's local APIC, whatever the processor has.
    var features: [CPUFeature] {
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
