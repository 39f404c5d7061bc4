import BootSettings
import Diagnostics
import KVM
import QemuArgs

/// How many vCPUs the guest gets, and in what shape.
struct CPUSizing: Equatable, Sendable {
    var vcpus: Int
    var topology: Topology

    static func choose(_ configuration: Configuration, _ facts: HostFacts, _ notes: inout PlanNotes) -> CPUSizing? {
        let usable = usable(facts)
        guard let vcpus = configuration.guest.vcpus ?? automatic(usable, facts, &notes) else { return nil }
        guard let topology = topology(vcpus, usable: usable.count, facts, &notes) else { return nil }
        notes.decide(
            "vCPUs", String(vcpus),
            because: configuration.guest.vcpus == nil ? reason(vcpus, usable, facts) : "configured; this process may use \(usable.count)")
        notes.decide(
            "topology", "\(topology.sockets) x \(topology.cores) x \(topology.threads)",
            because: "XNU divides by zero unless cores per socket are a power of two; any number of sockets is legal")
        return CPUSizing(vcpus: vcpus, topology: topology)
    }

    /// CPUs that Linux lets this process use: online, in the affinity mask, within the cgroup's quota.
    private struct Usable {
        var count: Int
        var limit: String
    }

    private static func usable(_ facts: HostFacts) -> Usable {
        let online = facts.cpu.logical.count
        let allowed = facts.cpu.allowed.isEmpty ? online : facts.cpu.allowed.count
        if let millis = facts.cgroup.cpuMillis, millis / 1000 < allowed {
            return Usable(count: max(1, millis / 1000), limit: "the cgroup allows \(Decimal3(millis)) of \(online)")
        }
        if allowed < online { return Usable(count: allowed, limit: "the affinity mask allows \(allowed) of \(online)") }
        return Usable(count: online, limit: "\(online) online")
    }

    /// With four CPUs or more, Linux keeps one for its own work (vhost, the I/O thread, interrupts). With fewer, macOS gains more from
    /// another vCPU than the competition costs.
    private static func reserved(of usable: Int) -> Int { usable >= 4 ? 1 : 0 }

    private static func automatic(_ usable: Usable, _ facts: HostFacts, _ notes: inout PlanNotes) -> Int? {
        guard usable.count > 0 else {
            notes.refuse(
                .cpu, "no CPU is usable: /proc/cpuinfo lists \(facts.cpu.logical.count), \(usable.limit)",
                remedy: "give this machine at least one CPU")
            return nil
        }
        return min(usable.count - reserved(of: usable.count), XNU.mostCPUs, maximumVCPUs(facts))
    }

    /// KVM_CAP_MAX_VCPUS; a kernel that does not answer sets no limit here.
    private static func maximumVCPUs(_ facts: HostFacts) -> Int { max(1, facts.kvm?.capabilities["KVM_CAP_MAX_VCPUS"] ?? Int.max) }

    private static func topology(_ vcpus: Int, usable: Int, _ facts: HostFacts, _ notes: inout PlanNotes) -> Topology? {
        let maximum = min(XNU.mostCPUs, maximumVCPUs(facts))
        guard vcpus <= maximum else {
            let by = maximum == XNU.mostCPUs ? "XNU is built for \(maximum) CPUs" : "this KVM offers \(maximum) vCPUs"
            notes.refuse(
                .cpu, "guest.vcpus is \(vcpus), but \(by)", remedy: "set guest.vcpus to at most \(maximum)", exit: ExitStatus.config)
            return nil
        }
        if vcpus > usable {
            notes.warn(
                .cpu, "the guest gets \(vcpus) vCPUs on \(usable) CPUs: XNU panics when a vCPU waits too long for its turn",
                remedy: "set guest.vcpus to at most \(usable), or leave it out")
        }
        return Topology(vcpus: vcpus)
    }

    private static func reason(_ vcpus: Int, _ usable: Usable, _ facts: HostFacts) -> String {
        var parts = [usable.limit]
        let reserve = reserved(of: usable.count)
        if reserve > 0 { parts.append("\(reserve) stays for Linux") }
        if vcpus < usable.count - reserve {
            parts.append(vcpus == XNU.mostCPUs ? "XNU is built for \(vcpus)" : "this KVM offers \(vcpus)")
        }
        let kinds = Set(facts.cpu.logical.compactMap(\.kind))
        if kinds.count > 1 { parts.append("performance and efficiency CPUs count alike, since Linux schedules them") }
        return parts.joined(separator: ", ")
    }
}
