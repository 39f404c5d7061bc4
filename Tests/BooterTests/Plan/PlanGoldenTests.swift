import KVM
import Testing

@testable import BootSettings
@testable import Booter

/// Whole plans of whole machines.
struct PlanGoldenTests {
    /// As `boot plan` shows it on a machine where nothing was prepared.
    @Test(arguments: SavedHost.all)
    func firstLook(host: SavedHost) throws {
        let plan = try PlannedHost(host.name).plan()
        try Golden.expect(PlanText(plan: plan).description, host.name + ".txt")
        try Golden.expect(try Golden.json(plan), host.name + ".json")
    }

    struct Prepared: Sendable, CustomTestStringConvertible {
        var host: String
        var kvm: KVMFacts
        var isNew: Bool
        var testDescription: String { "\(host), QEMU \(isNew ? "10.0" : "7.2")" }
    }

    /// As a run plans after its modules are loaded: the complete command line.
    @Test(arguments: [
        Prepared(host: "intel-1s", kvm: SavedAnswers.skylake, isNew: false),
        Prepared(host: "intel-2s", kvm: SavedAnswers.skylake, isNew: true),
        Prepared(host: "amd-1s", kvm: SavedAnswers.rome, isNew: false),
        Prepared(host: "gce-n2", kvm: SavedAnswers.withoutInvariantTSC, isNew: true),
        Prepared(host: "hybrid", kvm: SavedAnswers.skylake, isNew: true),
        Prepared(host: "amd-128", kvm: SavedAnswers.rome, isNew: true),
    ])
    func secondLook(prepared: Prepared) throws {
        let qemu = prepared.isNew ? try SavedAnswers.qemu10() : try SavedAnswers.qemu7()
        let plan = try PlannedHost(prepared.host).preparedPlan(kvm: prepared.kvm, qemu: qemu)
        #expect(plan.preparation.isEmpty)
        try Golden.expect(PlanText(plan: plan).description, prepared.host + "-prepared.txt")
        try Golden.expect(try Golden.json(plan), prepared.host + "-prepared.json")
    }

    /// The first plan reserves the pages, the second finds them.
    @Test func hugepages() throws {
        var host = PlannedHost("hybrid")
        host.configuration.guest.hugepages = .on
        let first = try host.plan()
        try Golden.expect(PlanText(plan: first).description, "hybrid-hugepages.txt")
        let prepared = try host.preparedPlan(kvm: SavedAnswers.skylake, qemu: try SavedAnswers.qemu7())
        try Golden.expect(PlanText(plan: prepared).description, "hybrid-hugepages-prepared.txt")
        #expect(prepared.preparation.isEmpty && prepared.guest?.memoryMiB == first.guest?.memoryMiB)
    }

    /// What differs between the releases, on the machine that this project is for.
    @Test(arguments: MacOSRelease.allCases)
    func releases(release: MacOSRelease) throws {
        var host = PlannedHost("gce-n2")
        host.configuration.guest.macOS = release
        let plan = try host.preparedPlan(kvm: SavedAnswers.withoutInvariantTSC, qemu: try SavedAnswers.qemu7())
        #expect(plan.refusal == nil)
        try Golden.expect(PlanText(plan: plan).description, "release-\(release.rawValue).txt")
    }
}
