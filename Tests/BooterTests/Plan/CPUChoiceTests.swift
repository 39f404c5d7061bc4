import Testing

@testable import BootSettings
@testable import Booter

struct CPUChoiceTests {
    /// Linux switches to these on a bare machine when it has found the TSC unreliable.
    @Test(arguments: [
        ("hpet", true, true), ("acpi_pm", true, true), ("jiffies", true, true), ("tsc", true, false), ("kvm-clock", false, false),
        ("acpi_pm", false, false), ("hyperv_clocksource_tsc_page", false, false),
    ])
    func aClockThatContradictsTheFlags(clock: String, isBare: Bool, isWarned: Bool) {
        let plan = Sample.plan { facts in
            facts.kernel.clocksource = clock
            if !isBare { facts.cpu.flags = (facts.cpu.flags + ["hypervisor"]).sorted() }
        }
        #expect(plan.refusal == nil)
        #expect(plan.warnings.contains { $0.contains("uses the clock \(clock)") } == isWarned)
    }

    @Test(arguments: [(1, MacOSRelease.sonoma, false), (4, .sonoma, true), (4, .bigSur, false), (4, .tahoe, true)])
    func severalVCPUsWithoutAnInvariantTSC(vcpus: Int, release: MacOSRelease, isWarned: Bool) {
        let configuration = Configuration.with {
            $0.guest.vcpus = vcpus
            $0.guest.macOS = release
        }
        let plan = Sample.plan(configuration) { $0.kvm = SavedAnswers.withoutInvariantTSC }
        let found = plan.findings.filter { $0.message.contains("Non-monotonic time") }
        #expect(found.count == (isWarned ? 1 : 0))
        #expect(found.allSatisfy { $0.remedy == "pass invtsc through on the host (CPU type host), or set guest.vcpus to 1" })
    }

    @Test func aModelThatXNURefuses() {
        let plan = Sample.plan(.with { $0.guest.cpuModel = "EPYC" }) { $0.qemu?.cpuModels.append("EPYC") }
        let found = plan.findings.first { $0.message.contains("Unsupported CPU") }
        #expect(found?.remedy?.contains("Penryn, Nehalem, Westmere, SandyBridge, IvyBridge, Haswell") == true)
        #expect(found?.status == .warning && plan.qemu != nil)
    }

    @Test func paravirtualLocks() throws {
        let configuration = Configuration.with { $0.guest.paravirtualLocks = true }
        let plan = Sample.plan(configuration)
        #expect(try #require(plan.qemu?.argv).contains { $0.contains(",kvm-pv-unhalt=on,") } && plan.warnings.isEmpty)
        let amd = Sample.plan(configuration) { $0.cpu.vendor = "AuthenticAMD" }
        #expect(amd.warnings.contains { $0.hasPrefix("guest.paravirtual_locks has no effect") })
        #expect(Sample.plan().qemu?.argv.contains { $0.contains("pv-unhalt") } == false)
    }

    @Test func zeroesAreNotLookedForUnlessAsked() throws {
        #expect(try #require(Sample.plan().qemu?.argv).allSatisfy { !$0.contains("detect-zeroes") })
        let argv = try #require(Sample.plan(.with { $0.disk.detectZeroes = true }).qemu?.argv)
        #expect(argv.contains { $0.hasPrefix("id=system-drive,") && $0.contains(",detect-zeroes=unmap,") })
    }
}
