import BootSettings
import DiskFormats
import KVM
import QemuArgs

/// The CPU model and flags that the guest sees, and what this macOS will miss in them.
enum CPUChoice {
    static func choose(_ configuration: Configuration, _ facts: HostFacts, _ notes: inout PlanNotes) -> CPU {
        let cpu = facts.cpu
        let host = MacCPU.Host(
            accelerator: configuration.guest.accelerator, vendor: MacCPU.Vendor(id: cpu.vendor), features: features(facts),
            hasInvariantTSC: cpu.has("constant_tsc") && cpu.has("nonstop_tsc"), tscKHz: facts.kvm?.tscKHz)
        let choice = MacCPU.choose(host, darwin: configuration.guest.macOS.darwin, model: configuration.guest.cpuModel)
        if facts.kvm == nil, configuration.guest.accelerator == .kvm {
            let assumption = "the CPU's features are taken from /proc/cpuinfo"
            notes.decide(
                "KVM", "not asked yet",
                because: facts.isReplay
                    ? "a saved machine's cannot be: \(assumption)"
                    : "its modules are not loaded: \(assumption), and its modules will need a little memory")
        }
        for decision in choice.decisions { notes.decide("CPU " + decision.what, "", because: decision.reason) }
        for problem in choice.problems where facts.kvm != nil || problem != .noTSCFrequency {
            notes.warn(.cpu, problem.text, remedy: remedy(problem, configuration))
        }
        return choice.cpu
    }

    /// KVM's own answer; before it can be asked, what the CPU shows of the features that decide.
    private static func features(_ facts: HostFacts) -> Set<CPUFeature>? {
        guard let kvm = facts.kvm, kvm.problem == nil else {
            let flags = facts.cpu.flags
            guard !flags.isEmpty else { return nil }
            return Set(CPUFeature.allCases.filter { flags.contains($0.kernelFlag) })
        }
        return CPUFeature.all(in: kvm.cpuid)
    }

    private static func remedy(_ problem: MacCPU.Problem, _ configuration: Configuration) -> String {
        switch problem {
        case .noSSE42, .noAVX2:
            "use a machine with AVX2 (Intel Haswell, AMD Zen or newer) whose hypervisor passes it on, or set guest.macos to 12"
        case .noInvariantTSC: "let the hypervisor outside pass invtsc (CPU type host), or set guest.macos to 15"
        case .noTSCFrequency: "switch on ProvideCurrentCpuInfo in OpenCore's configuration"
        }
    }
}

extension CPUFeature {
    /// The same feature as /proc/cpuinfo spells it (arch/x86/include/asm/cpufeatures.h).
    fileprivate var kernelFlag: String {
        switch self {
        case .sse41: "sse4_1"
        case .sse42: "sse4_2"
        case .tscDeadline: "tsc_deadline_timer"
        case .specCtrl: "ibrs"
        case .lahf: "lahf_lm"
        case .prefetch3DNow: "3dnowprefetch"
        // The kernel splits the bit in two; nonstop_tsc is set from the same CPUID bit.
        case .invtsc: "nonstop_tsc"
        default: rawValue
        }
    }
}
