import KVM
import QemuArgs
import Testing

@testable import BootSettings
@testable import Booter

struct CPUSizingTests {
    private func choose(
        _ cpus: Int, allowed: [Int]? = nil, millis: Int? = nil, kvmMaximum: Int? = nil, configured: Int? = nil
    ) -> (sizing: CPUSizing?, notes: PlanNotes) {
        var facts = Sample.facts
        facts.cpu = Sample.cpu(cpus)
        if let allowed { facts.cpu.allowed = allowed }
        facts.cgroup.cpuMillis = millis
        if let kvmMaximum { facts.kvm?.capabilities["KVM_CAP_MAX_VCPUS"] = kvmMaximum }
        let (sizing, notes) = Sample.notes { notes in
            CPUSizing.choose(.with { $0.guest.vcpus = configured }, facts, &notes)
        }
        return (sizing, notes)
    }

    struct Case: Sendable {
        var cpus: Int
        var allowed: [Int]?
        var millis: Int?
        var kvmMaximum: Int?
        var vcpus: Int
        var reason: String
    }
    @Test(arguments: [
        Case(cpus: 1, vcpus: 1, reason: "1 online"), Case(cpus: 2, vcpus: 2, reason: "2 online"),
        Case(cpus: 3, vcpus: 3, reason: "3 online"),
        Case(cpus: 4, vcpus: 3, reason: "4 online, 1 stays for Linux"), Case(cpus: 8, vcpus: 7, reason: "8 online, 1 stays for Linux"),
        Case(cpus: 65, vcpus: 64, reason: "65 online, 1 stays for Linux"),
        Case(cpus: 128, vcpus: 64, reason: "128 online, 1 stays for Linux, XNU is built for 64"),
        Case(cpus: 16, allowed: [4, 5, 6, 7], vcpus: 3, reason: "the affinity mask allows 4 of 16, 1 stays for Linux"),
        Case(cpus: 16, allowed: [3], vcpus: 1, reason: "the affinity mask allows 1 of 16"),
        Case(cpus: 16, millis: 2500, vcpus: 2, reason: "the cgroup allows 2.5 of 16"),
        Case(cpus: 16, millis: 4000, vcpus: 3, reason: "the cgroup allows 4 of 16, 1 stays for Linux"),
        Case(cpus: 16, millis: 500, vcpus: 1, reason: "the cgroup allows 0.5 of 16"),
        Case(cpus: 2, millis: 100_000, vcpus: 2, reason: "2 online"),
        Case(cpus: 16, allowed: [0, 1], millis: 3000, vcpus: 2, reason: "the affinity mask allows 2 of 16"),
        Case(cpus: 16, kvmMaximum: 8, vcpus: 8, reason: "16 online, 1 stays for Linux, this KVM offers 8"),
        Case(cpus: 16, kvmMaximum: 0, vcpus: 1, reason: "16 online, 1 stays for Linux, this KVM offers 1"),
    ])
    func automatic(given: Case) {
        let (sizing, notes) = choose(given.cpus, allowed: given.allowed, millis: given.millis, kvmMaximum: given.kvmMaximum)
        #expect(sizing?.vcpus == given.vcpus && sizing?.topology.vcpus == given.vcpus)
        #expect(notes.reason("vCPUs") == given.reason)
        #expect(notes.findings.isEmpty)
    }

    @Test func noCPUIsRefused() {
        let (sizing, notes) = choose(0)
        #expect(sizing == nil && notes.refusal?.area == .cpu)
    }

    @Test func bothKindsOfAHybridAreUsed() {
        var facts = Sample.facts
        for index in facts.cpu.logical.indices { facts.cpu.logical[index].kind = index < 4 ? .performance : .efficiency }
        let (_, notes) = Sample.notes { CPUSizing.choose(Configuration(), facts, &$0) }
        #expect(notes.reason("vCPUs")?.hasSuffix("performance and efficiency CPUs count alike, since Linux schedules them") == true)
    }

    @Test func configuredCounts() {
        let few = choose(8, configured: 6)
        #expect(few.sizing?.topology.sockets == 3 && few.sizing?.topology.cores == 2 && few.notes.findings.isEmpty)
        #expect(few.notes.reason("vCPUs") == "configured; this process may use 8")
        let many = choose(4, configured: 8)
        #expect(many.sizing?.vcpus == 8)
        #expect(many.notes.warnings == ["the guest gets 8 vCPUs on 4 CPUs: XNU panics when a vCPU waits too long for its turn"])
        let tooMany = choose(128, configured: 65)
        #expect(tooMany.sizing == nil && tooMany.notes.refusal?.exitCode == 78)
        #expect(tooMany.notes.refusal?.message == "guest.vcpus is 65, but XNU is built for 64 CPUs")
        let beyondKVM = choose(128, kvmMaximum: 16, configured: 32)
        #expect(beyondKVM.notes.refusal?.message == "guest.vcpus is 32, but this KVM offers 16 vCPUs")
    }

    @Test(arguments: [(0, "0"), (500, "0.5"), (1000, "1"), (2500, "2.5"), (1234, "1.234"), (1001, "1.001"), (10, "0.01")])
    func thousandths(millis: Int, text: String) {
        #expect(Decimal3(millis).description == text)
    }
}
