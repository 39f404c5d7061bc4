import BootSettings
import DiskFormats
import KVM
import QemuArgs

/// The CPU model and flags that the guest sees, and what this macOS release needs and will not find.
enum CPUChoice {
    /// - Parameters:
    ///   - vcpus: nil when they could not be counted.
    ///   - physicalBits: of the guest's addresses; nil leaves QEMU's default.
    static func choose(
        _ configuration: Configuration, _ facts: HostFacts, vcpus: Int?, physicalBits: Int?, _ notes: inout PlanNotes
    ) -> CPU {
        let cpu = facts.cpu
        let host = MacCPU.Host(
            accelerator: configuration.guest.accelerator, vendor: MacCPU.Vendor(id: cpu.vendor),
            processor: XNU.Processor(family: cpu.family, model: cpu.model), features: features(facts),
            hasInvariantTSC: cpu.has("constant_tsc") && cpu.has("nonstop_tsc"), tscKHz: facts.kvm?.tscKHz)
        let choice = MacCPU.choose(
            host,
            MacCPU.Request(
                darwin: configuration.guest.macOS.darwin, vcpus: vcpus ?? 1, model: configuration.guest.cpuModel,
                paravirtualLocks: configuration.guest.paravirtualLocks, physicalBits: physicalBits))
        if facts.kvm == nil, configuration.guest.accelerator == .kvm {
            let assumption = "the CPU's features are taken from /proc/cpuinfo"
            notes.decide(
                "KVM", "not asked yet",
                because: facts.isReplay
                    ? "a saved machine's KVM cannot be asked: \(assumption)"
                    : "its modules are not loaded: \(assumption), and loading them will take a little memory")
        }
        for decision in choice.decisions { notes.decide("CPU " + decision.what, "", because: decision.reason) }
        for problem in choice.problems where facts.kvm != nil || problem != .noTSCFrequency {
            notes.warn(.cpu, problem.text, remedy: remedy(problem))
        }
        if choice.cpu["invtsc"] == .on { checkClock(facts, &notes) }
        return choice.cpu
    }

    /// Linux watches the TSC and switches to another clock when it drifts or differs between CPUs, whatever the CPU's flags promise.
    ///
    /// In a virtual machine another clock is usual: kvm-clock and Hyper-V's page are built on the TSC.
    private static func checkClock(_ facts: HostFacts, _ notes: inout PlanNotes) {
        guard !facts.cpu.has("hypervisor"), let clock = facts.kernel.clocksource, distrusting.contains(clock) else { return }
        notes.warn(
            .cpu, "Linux found the TSC unreliable and uses the clock \(clock) instead; macOS has no clock but the TSC",
            remedy: "search the kernel's log (dmesg) for tsc; update the firmware, or put tsc=reliable on the kernel command line if the "
                + "machine is known to be good")
    }
    private static let distrusting = ["hpet", "acpi_pm", "jiffies", "refined-jiffies"]

    /// KVM's own answer; before it can be asked, what the CPU shows of the features that decide.
    static func features(_ facts: HostFacts) -> Set<CPUFeature>? {
        guard let kvm = facts.kvm, kvm.problem == nil else {
            let flags = facts.cpu.flags
            guard !flags.isEmpty else { return nil }
            return Set(CPUFeature.allCases.filter { flags.contains($0.kernelFlag) })
        }
        return CPUFeature.all(in: kvm.cpuid)
    }

    private static func remedy(_ problem: MacCPU.Problem) -> String {
        switch problem {
        case .noSSE42, .noAVX2:
            "use a machine with AVX2 (Intel Haswell, AMD Zen or newer) whose hypervisor passes it through, or set guest.macos to 12"
        case .noInvariantTSC: "pass invtsc through on the host (CPU type host), or set guest.macos to 15"
        case .unevenTSC: "pass invtsc through on the host (CPU type host), or set guest.vcpus to 1"
        case .noTSCFrequency: "enable ProvideCurrentCpuInfo in OpenCore's configuration"
        case .unsupportedModel, .unsupportedProcessor: "leave guest.cpu out, or set it to one of \(XNU.qemuModelNames)"
        case .noParavirtualLocks: "leave guest.paravirtual_locks out"
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
