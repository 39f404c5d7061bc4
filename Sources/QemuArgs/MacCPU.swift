/// Chooses the CPU that a macOS guest sees. Pure: the host's facts and the request in, a CPU and the reasons out.
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
        public var processor: XNU.Processor
        /// What KVM offers a guest; nil when KVM has not been asked yet, and everything is assumed.
        public var features: Set<CPUFeature>?
        /// constant_tsc and nonstop_tsc of /proc/cpuinfo, both.
        public var hasInvariantTSC: Bool
        /// KVM_GET_TSC_KHZ, kHz.
        public var tscKHz: Int?

        public init(
            accelerator: Accelerator, vendor: Vendor, processor: XNU.Processor, features: Set<CPUFeature>?, hasInvariantTSC: Bool,
            tscKHz: Int?
        ) {
            self.accelerator = accelerator
            self.vendor = vendor
            self.processor = processor
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

    /// What the guest needs.
    public struct Request: Equatable, Sendable {
        /// The guest's kernel: 19 is macOS 10.15, 25 is macOS 26.
        public var darwin: Int
        public var vcpus: Int
        /// A QEMU CPU model that the user insists on.
        public var model: String?
        /// Offer `kvm-pv-unhalt`.
        public var paravirtualLocks: Bool
        /// Bits of a physical address, for a guest with more memory than QEMU's 40 bits hold.
        public var physicalBits: Int?

        public init(darwin: Int, vcpus: Int, model: String? = nil, paravirtualLocks: Bool = false, physicalBits: Int? = nil) {
            self.darwin = darwin
            self.vcpus = vcpus
            self.model = model
            self.paravirtualLocks = paravirtualLocks
            self.physicalBits = physicalBits
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
        /// TSCs of several vCPUs can differ.
        case unevenTSC
        /// XNU panics on this CPU model of QEMU's.
        case unsupportedModel(String)
        /// XNU panics on this machine's processor, which the configured model passes on.
        case unsupportedProcessor(XNU.Processor)
        /// Paravirtual locks were asked for, and this guest cannot use them.
        case noParavirtualLocks(String)

        public var text: String {
            switch self {
            case .noSSE42: "the CPU has no SSE4.2, which every macOS from 10.15 on needs"
            case .noAVX2: "the CPU has no AVX2, which macOS 13 and later need: their dyld caches have no code without it"
            case .noInvariantTSC: "the guest's TSC is not invariant: macOS 26 hangs when its boot loader starts the kernel"
            case .noTSCFrequency: "the TSC frequency is unknown: the guest's clock depends on OpenCore's ProvideCurrentCpuInfo"
            case .unevenTSC:
                "the guest's TSC is not invariant and can differ between vCPUs: macOS 12 and later panic on that (\"Non-monotonic time\")"
            case .unsupportedModel(let name):
                "XNU does not know the CPU model \(name) and panics (\"Unsupported CPU\"), unless OpenCore emulates another CPUID"
            case .unsupportedProcessor(let processor):
                "XNU does not know this CPU (family \(processor.family), model \(processor.model)), which guest.cpu passes through, and panics "
                    + "(\"Unsupported CPU\"), unless OpenCore emulates another CPUID"
            case .noParavirtualLocks(let reason): "guest.paravirtual_locks has no effect: \(reason)"
            }
        }
    }

    public struct Choice: Equatable, Sendable {
        public var cpu: CPU
        public var decisions: [Decision]
        public var problems: [Problem]
    }

    public static func choose(_ host: Host, _ request: Request) -> Choice {
        let wish = request.model
        let named = wish.flatMap { NamedModel(rawValue: $0) } ?? (host.offers(.avx2) ? .skylake : .haswell)
        var choice = Choice(cpu: CPU(wish ?? named.rawValue), decisions: [], problems: [])
        choice.decide(
            choice.cpu.model,
            wish != nil
                ? "configured" : named == .skylake ? "the newest model that every macOS from 10.15 to 26 knows" : "the host offers no AVX2")

        // XNU: panic("Unsupported CPU") for any other vendor.
        choice.set(
            "vendor", .value("GenuineIntel"), host.vendor == .intel ? nil : "XNU accepts only GenuineIntel, and needs no patches with it")
        choice.setProcessor(host, request)
        // XNU asks for the TSC frequency (below) only where it sees a hypervisor.
        choice.set("hypervisor", .on)
        if host.accelerator == .kvm {
            // The leaf with the TSC's frequency exists only beside KVM's own leaves.
            choice.set("kvm", .on)
            choice.set("vmware-cpuid-freq", .on)
        }
        // A third level of virtualization costs memory and time, and is rarely meant.
        choice.set("vmx", .off)
        choice.setAddressing(request)
        choice.setTSC(host, request)
        if request.paravirtualLocks { choice.setParavirtualLocks(host, request) }
        if wish == nil || wish == named.rawValue { choice.dropMissing(of: named, host) }
        // What the host lacks beyond that is left out with a warning: `enforce` would not start at all for one hidden bit.
        choice.set("check", .on)

        if !host.offers(.sse42) { choice.problems.append(.noSSE42) }
        if !host.offers(.avx2), request.darwin >= 22 { choice.problems.append(.noAVX2) }
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

    /// A processor that XNU accepts, as far as the model leaves a choice.
    fileprivate mutating func setProcessor(_ host: MacCPU.Host, _ request: MacCPU.Request) {
        if ["host", "max"].contains(cpu.model), host.accelerator == .kvm {
            if !XNU.accepts(host.processor, darwin: request.darwin) { problems.append(.unsupportedProcessor(host.processor)) }
            return
        }
        guard let processor = XNU.processor(qemuModel: cpu.model) else { return problems.append(.unsupportedModel(cpu.model)) }
        let first = XNU.firstStepping(model: processor.model)
        guard let stepping = processor.stepping, stepping < first else { return }
        set(
            "stepping", .value(String(first)),
            "XNU panics on a Haswell before stepping \(first), and this model of QEMU's is stepping \(stepping)")
    }

    fileprivate mutating func setAddressing(_ request: MacCPU.Request) {
        guard let bits = request.physicalBits else {
            // Guests were seen to crash with 1 GiB pages. https://github.com/quickemu-project/quickemu (macOS: -pdpe1gb)
            return set(CPUFeature.pdpe1gb.rawValue, .off)
        }
        set("phys-bits", .value(String(bits)), "the guest's memory needs more than QEMU's usual 40 address bits")
        // OvmfPkg, PlatformAddressWidthFromCpuid(): OVMF maps no more than 40 bits without 1 GiB pages.
        set(CPUFeature.pdpe1gb.rawValue, .on, "OVMF maps no more than 1 TiB without pages of 1 GiB")
    }

    /// XNU needs the frequency before it has a clock to measure it with. QEMU tells it in leaf 0x40000010, if the TSC is invariant or its
    /// frequency was named: target/i386/kvm/kvm.c, tsc_is_stable_and_known().
    fileprivate mutating func setTSC(_ host: MacCPU.Host, _ request: MacCPU.Request) {
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
                host.hasInvariantTSC ? "KVM does not offer invtsc, but the frequency is known" : "the host's TSC is not invariant")
        } else {
            problems.append(.noTSCFrequency)
        }
        // Emulated vCPUs share one clock.
        if !invariant, host.accelerator == .kvm, request.vcpus > 1, XNU.panicsOnNonMonotonicTime(darwin: request.darwin) {
            problems.append(.unevenTSC)
        }
        // https://github.com/dockur/macos/issues/572
        if !invariant, request.darwin >= 25 { problems.append(.noInvariantTSC) }
    }

    fileprivate mutating func setParavirtualLocks(_ host: MacCPU.Host, _ request: MacCPU.Request) {
        let obstacle: String? =
            if host.accelerator != .kvm {
                "QEMU's emulation does not offer it"
            } else if host.vendor != .intel {
                "XNU makes the hypercall with Intel's vmcall instruction, and this host's CPU is not Intel's"
            } else if !XNU.hasParavirtualLocks(darwin: request.darwin) {
                "macOS uses such locks only from macOS 13 on"
            } else {
                nil
            }
        if let obstacle { return problems.append(.noParavirtualLocks(obstacle)) }
        set("kvm-pv-unhalt", .on, "configured: a vCPU that waits for a lock sleeps")
    }

    /// QEMU by itself leaves out what the host lacks, and warns. Written out, the argument list shows what the guest gets, and any
    /// warning that is still in the log is unexpected.
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
        if !amd.isEmpty { decide(names(amd), "the host's CPU is AMD's") }
        if !absent.isEmpty {
            decide(names(absent), host.accelerator == .kvm ? "KVM does not offer it" : "QEMU's emulation has no such feature")
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
