import Testing

@testable import BootSettings
@testable import Booter

struct CPUPinningTests {
    /// - Parameters:
    ///   - cores: of each node; numbered as Linux numbers them, second threads after all cores.
    ///   - efficiency: how many of the last cores are slow ones.
    private func cpu(nodes: Int = 1, cores: Int, threads: Int = 1, efficiency: Int = 0, allowed: [Int]? = nil) -> CPUFacts {
        var facts = Sample.cpu(1)
        let all = nodes * cores
        facts.logical = (0..<(all * threads)).map { id in
            let core = id % all
            return LogicalCPU(
                id: id, package: core / cores, die: 0, core: core % cores,
                kind: efficiency == 0 ? nil : core >= all - efficiency ? .efficiency : .performance)
        }
        facts.allowed = allowed ?? facts.logical.map(\.id)
        facts.nodes = (0..<nodes).map { node in facts.logical.map(\.id).filter { $0 % all / cores == node } }
        return facts
    }

    private func choose(_ vcpus: Int, _ cpu: CPUFacts, supervise: Bool = true) -> (CPUPinning?, PlanNotes) {
        var facts = Sample.facts
        facts.cpu = cpu
        let configuration = Configuration.with { ($0.guest.supervise, $0.guest.pinVCPUs) = (supervise, true) }
        return Sample.notes { CPUPinning.choose(configuration, facts, vcpus: vcpus, &$0) }
    }

    @Test func aCoreForEach() {
        #expect(choose(3, cpu(cores: 4)).0 == CPUPinning(vcpus: [1, 2, 3], others: [0]))
        #expect(choose(2, cpu(cores: 4)).0 == CPUPinning(vcpus: [1, 2], others: [0, 3]))
        // Both threads of the core that is left.
        #expect(choose(3, cpu(cores: 4, threads: 2)).0 == CPUPinning(vcpus: [1, 2, 3], others: [0, 4]))
        let (pinning, notes) = choose(4, cpu(cores: 4, threads: 2))
        #expect(pinning == CPUPinning(vcpus: [1, 2, 3, 0], others: [4, 5, 6, 7]))
        #expect(notes.reason("vCPU pinning") == "a core for each; everything else runs on 4, 5, 6, 7" && notes.warnings.isEmpty)
    }

    @Test func secondThreadsLast() {
        let (pinning, notes) = choose(6, cpu(cores: 4, threads: 2))
        #expect(pinning == CPUPinning(vcpus: [1, 2, 3, 0, 5, 6], others: [4, 7]))
        #expect(notes.reason("vCPU pinning")?.hasPrefix("there are 4 cores, so that some vCPUs share one") == true)
    }

    @Test func oneNode() {
        // The second node is whole; of the first one, two cores are not ours.
        #expect(choose(3, cpu(nodes: 2, cores: 4, allowed: [0, 1, 4, 5, 6, 7])).0 == CPUPinning(vcpus: [4, 5, 6], others: [0, 1, 7]))
        #expect(choose(4, cpu(nodes: 2, cores: 4)).0 == CPUPinning(vcpus: [1, 2, 3, 0], others: [4, 5, 6, 7]))
        let (pinning, notes) = choose(6, cpu(nodes: 2, cores: 4, threads: 2))
        #expect(pinning?.vcpus == [1, 2, 3, 0, 4, 5] && pinning?.others == [6, 7, 14, 15])
        #expect(notes.reason("vCPU pinning")?.hasPrefix("a core for each, of several NUMA nodes") == true)
    }

    @Test func fastCoresFirst() {
        #expect(choose(5, cpu(cores: 8, efficiency: 4)).0?.vcpus == [1, 2, 3, 0, 4])
    }

    @Test func tooFew() {
        let (pinning, notes) = choose(2, cpu(cores: 2))
        #expect(pinning == CPUPinning(vcpus: [1, 0], others: [0, 1]))
        #expect(notes.warnings.contains { $0.contains("every CPU has a vCPU pinned to it") })
        let (none, words) = choose(3, cpu(cores: 2))
        #expect(none == nil && words.warnings == ["the vCPUs are not pinned: there are 3 of them and 2 CPUs"])
        #expect(choose(1, cpu(cores: 2), supervise: false).1.warnings.contains { $0.contains("guest.pin_vcpus has no effect") })
    }

    /// Every CPU is named at most once, is one of ours, and something is left for the others.
    @Test func always() {
        for nodes in 1...3 {
            for cores in 1...4 {
                for threads in 1...2 {
                    let facts = cpu(nodes: nodes, cores: cores, threads: threads)
                    for vcpus in 1...facts.logical.count {
                        guard let pinning = choose(vcpus, facts).0 else {
                            Issue.record("\(vcpus) of \(facts.logical.count)")
                            continue
                        }
                        #expect(pinning.vcpus.count == vcpus && Set(pinning.vcpus).count == vcpus)
                        #expect(Set(pinning.vcpus).isSubset(of: facts.allowed) && !pinning.others.isEmpty)
                        // No core has two vCPUs while another one has none.
                        let used = Set(pinning.vcpus.map { $0 % (nodes * cores) })
                        #expect(used.count == min(vcpus, nodes * cores))
                    }
                }
            }
        }
    }
}
