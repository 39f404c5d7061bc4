import Foundation
import Testing

@testable import BootSettings
@testable import Booter

/// What holds for every plan, whatever the machine.
struct PlannerPropertyTests {
    private static let runs: UInt64 = 1500

    /// A failure is named by its seed.
    private func everyPlan(_ check: (BootPlan, Configuration, String) throws -> Void) rethrows {
        for seed in 1...Self.runs {
            var random = RandomPlan(seed: seed)
            let (facts, configuration) = (random.facts(), random.configuration())
            let planner = Planner(configuration: configuration, facts: facts, prepared: seed % 2 == 0)
            try check(planner.plan(), configuration, "seed \(seed)")
        }
    }

    @Test func refusesOrHasACommandLine() {
        var (refused, complete) = (0, 0)
        everyPlan { plan, _, seed in
            #expect(plan.refusal != nil || plan.qemu != nil, "\(seed)")
            #expect((plan.qemu == nil) || plan.guest != nil, "\(seed)")
            for finding in plan.findings {
                #expect(!finding.message.isEmpty, "\(seed)")
                if finding.status == .failure {
                    #expect(finding.remedy?.isEmpty == false, "\(seed): \(finding.message)")
                    #expect((64...78).contains(finding.exitCode), "\(seed): \(finding.message)")
                }
            }
            if plan.refusal == nil { complete += 1 } else { refused += 1 }
        }
        // Both must happen often, or nothing was tested.
        #expect(refused > 300 && complete > 300, "\(refused) refused, \(complete) complete")
    }

    @Test func vcpusAndTheirShape() throws {
        try everyPlan { plan, configuration, seed in
            guard let guest = plan.guest else { return }
            #expect(guest.vcpus >= 1 && guest.vcpus <= 64, "\(seed)")
            #expect(guest.sockets * guest.cores == guest.vcpus, "\(seed)")
            for exact in [true, false] {
                let packages = try XNUCount.packages(sockets: guest.sockets, cores: guest.cores, threads: 1, exactCores: exact)
                #expect(packages == guest.sockets, "\(seed)")
            }
            let cpu = plan.facts.cpu
            guard configuration.guest.vcpus == nil else { return }
            #expect(guest.vcpus <= max(1, cpu.logical.count), "\(seed)")
            if !cpu.allowed.isEmpty { #expect(guest.vcpus <= cpu.allowed.count, "\(seed)") }
            if let millis = plan.facts.cgroup.cpuMillis { #expect(guest.vcpus <= max(1, millis / 1000), "\(seed)") }
        }
    }

    @Test func memoryFitsBesideItsReserve() {
        everyPlan { plan, configuration, seed in
            guard let guest = plan.guest, configuration.guest.memory == nil else { return }
            let supply = MemorySupply(plan.facts)
            let isPool = plan.decision("memory pages")?.value != "plain"
            let usable = supply.usable(withPool: isPool).bytes
            let bytes = guest.memoryMiB << 20
            #expect(bytes + MemorySizing.Reserve().total(guest: bytes, vcpus: guest.vcpus) <= usable, "\(seed)")
            #expect(bytes >= (configuration.guest.macOS == .catalina ? 2 : 4) << 30, "\(seed)")
            #expect(bytes % MemorySizing.granule == 0, "\(seed)")
            // Memory in the pool is no plain memory.
            if !isPool { #expect(bytes <= max(0, plan.facts.memory.available), "\(seed)") }
        }
    }

    /// What is missing is exactly that: with it the plan is no longer refused, with a MiB less it is.
    @Test func missingMemoryIsEnough() {
        for available in stride(from: 0, through: 4 << 30, by: 123 << 20) {
            func refusal(_ available: Int) -> Finding? { Sample.plan { $0.memory.available = available }.refusal }
            guard let message = refusal(available)?.message else { continue }
            let words = message.split(separator: " ")
            guard let last = words.lastIndex(of: "MiB"), let missing = Int(words[last - 1]) else {
                Issue.record("no number in '\(message)'")
                continue
            }
            #expect(refusal(available + missing << 20) == nil, "\(message)")
            #expect(refusal(available + (missing - 1) << 20) != nil, "\(message)")
        }
    }

    @Test func theSameInputGivesTheSamePlan() {
        for seed in 1...500 as ClosedRange<UInt64> {
            var (a, b) = (RandomPlan(seed: seed), RandomPlan(seed: seed))
            let plans = [
                Planner(configuration: a.configuration(), facts: a.facts()).plan(),
                Planner(configuration: b.configuration(), facts: b.facts()).plan(),
            ]
            #expect(plans[0] == plans[1], "seed \(seed)")
            #expect(PlanText(plan: plans[0]).description == PlanText(plan: plans[1]).description, "seed \(seed)")
        }
    }

    @Test func plansAndFactsSurviveJSON() throws {
        for seed in 1...500 as ClosedRange<UInt64> {
            var random = RandomPlan(seed: seed)
            let plan = Planner(configuration: random.configuration(), facts: random.facts(), prepared: true).plan(
                configured: ["guest.memory": .flag("--memory"), "network.ipv6": .file("/etc/macos-virt/boot.toml")])
            let data = try JSONEncoder().encode(plan)
            #expect(try JSONDecoder().decode(BootPlan.self, from: data) == plan, "seed \(seed)")
            #expect(
                try JSONDecoder().decode(HostFacts.self, from: try JSONEncoder().encode(plan.facts)) == plan.facts, "seed \(seed)")
        }
    }

    @Test(arguments: 1...256)
    func everyNumberOfCPUs(count: Int) throws {
        let guest = try #require(
            Sample.plan {
                $0.cpu = Sample.cpu(count)
                $0.memory.available = 64 << 30
            }.guest)
        #expect(guest.vcpus == min(64, count >= 4 ? count - 1 : count))
        #expect(try XNUCount.packages(sockets: guest.sockets, cores: guest.cores, threads: 1, exactCores: true) == guest.sockets)
    }
}
