import BootSettings
import Diagnostics

/// Which CPUs of this machine the guest's vCPUs run on, and which ones are left to everything else.
struct CPUPinning: Codable, Equatable, Sendable {
    /// A CPU for each vCPU, in the order of the vCPUs.
    var vcpus: [Int]
    /// For QEMU's other threads, for vhost and for `boot`.
    var others: [Int]

    static func choose(_ configuration: Configuration, _ facts: HostFacts, vcpus: Int, _ notes: inout PlanNotes) -> CPUPinning? {
        guard configuration.guest.pinVCPUs else { return nil }
        guard configuration.guest.supervise else {
            notes.warn(
                .cpu, "guest.pin_vcpus has no effect: boot becomes QEMU, and nobody is left to pin its threads",
                remedy: "set guest.supervise, or leave guest.pin_vcpus out")
            return nil
        }
        let machine = Machine(facts.cpu)
        guard vcpus <= machine.count else {
            notes.warn(
                .cpu, "the vCPUs are not pinned: there are \(vcpus) of them and \(machine.count) CPUs",
                remedy: "set guest.vcpus to at most \(machine.count), or leave guest.pin_vcpus out")
            return nil
        }
        let pinning = machine.pinning(vcpus)
        if vcpus == machine.count {
            notes.warn(
                .cpu, "every CPU has a vCPU pinned to it: QEMU's other threads and Linux take time from the guest",
                remedy: vcpus > 1 ? "set guest.vcpus to at most \(vcpus - 1)" : "leave guest.pin_vcpus out")
        }
        let list = pinning.vcpus.map { String($0) }.joined(separator: ", ")
        let rest = pinning.others.map { String($0) }.joined(separator: ", ")
        notes.decide("vCPU pinning", list, because: "\(machine.reason(vcpus)); everything else runs on \(rest)")
        return pinning
    }

    /// The CPUs that this process may use, as cores of NUMA nodes.
    private struct Machine {
        /// The CPUs of a core, ascending.
        typealias Core = [Int]
        private let nodes: [[Core]]
        let count: Int

        init(_ cpu: CPUFacts) {
            let allowed = cpu.allowed.isEmpty ? Set(cpu.logical.map(\.id)) : Set(cpu.allowed)
            let usable = cpu.logical.filter { allowed.contains($0.id) }
            count = usable.count
            var node: [Int: Int] = [:]
            for (number, list) in (cpu.nodes ?? []).enumerated() { for id in list { node[id] = number } }
            var cores: [Int: [[Int]: [LogicalCPU]]] = [:]
            for one in usable { cores[node[one.id] ?? 0, default: [:]][[one.package, one.die, one.core], default: []].append(one) }
            // Linux takes its interrupts on the first CPU, and a vCPU would wait for them.
            let first = usable.map(\.id).min()
            nodes = cores.sorted { ($1.value.count, $0.key) < ($0.value.count, $1.key) }.map { _, cores in
                let sorted = cores.values.sorted { a, b in
                    Self.rank(a, first) < Self.rank(b, first)
                }
                return sorted.map { $0.map(\.id).sorted() }
            }
        }

        /// Fast cores first, the first core of the machine last of its kind, then in the kernel's order.
        private static func rank(_ core: [LogicalCPU], _ first: Int?) -> (Int, Int, Int) {
            let number = core.map(\.id).min() ?? 0
            return (core.contains { $0.kind == .efficiency } ? 1 : 0, core.contains { $0.id == first } ? 1 : 0, number)
        }

        /// Whether one node has a core for each; it has the guest's memory then, which the kernel takes where it is touched first.
        private func fits(_ vcpus: Int) -> [Core]? { nodes.first { $0.count >= vcpus } }

        func pinning(_ vcpus: Int) -> CPUPinning {
            let places = fits(vcpus).map { [$0] } ?? nodes
            let levels = places.joined().map(\.count).max() ?? 0
            // Second threads of a core only when every core has its vCPU.
            let order = (0..<levels).flatMap { level in places.joined().compactMap { $0.count > level ? $0[level] : nil } }
            let chosen = Array(order.prefix(vcpus))
            let taken = Set(chosen)
            let all = nodes.joined()
            let free = all.filter { taken.isDisjoint(with: $0) }.joined()
            let left = free.isEmpty ? all.joined().filter { !taken.contains($0) } : Array(free)
            return CPUPinning(vcpus: chosen, others: (left.isEmpty ? Array(all.joined()) : left).sorted())
        }

        func reason(_ vcpus: Int) -> String {
            let cores = nodes.joined().count
            if fits(vcpus) != nil { return nodes.count > 1 ? "a core for each, all of one NUMA node" : "a core for each" }
            return vcpus <= cores ? "a core for each, of several NUMA nodes" : "there are \(cores) cores, so that some vCPUs share one"
        }
    }
}
