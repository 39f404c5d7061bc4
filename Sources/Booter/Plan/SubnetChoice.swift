import BootSettings
import Diagnostics
import NetSetup
import NetworkValues

/// The guest's IPv4 network: one that no route of this machine leads to.
enum SubnetChoice {
    static func choose(_ configuration: Configuration, _ facts: HostFacts, _ notes: inout PlanNotes) -> IPv4Network? {
        let taken = taken(facts, except: configuration.network.tap)
        if let wanted = configuration.network.subnet {
            if let taken = taken.first(where: { $0.network.overlaps(wanted) }) {
                notes.refuse(
                    .network, "network.subnet is \(wanted), which overlaps \(taken)",
                    remedy: "choose another subnet, or leave network.subnet out", exit: ExitStatus.config)
                return nil
            }
            notes.decide("subnet", wanted.description, because: "configured")
            return wanted
        }
        guard let free = candidates.first(where: { candidate in !taken.contains { $0.network.overlaps(candidate) } }) else {
            notes.refuse(
                .network, "every private network that was tried overlaps a route of this machine", remedy: "set network.subnet",
                exit: ExitStatus.config)
            return nil
        }
        let clash = taken.first { $0.network.overlaps(candidates[0]) }
        notes.decide(
            "subnet", free.description,
            because: clash.map { "\(candidates[0]) overlaps \($0)" } ?? "the default, and no route overlaps it")
        return free
    }

    /// 192.168.254.0/24 and downwards, then the ends of the other two private ranges (RFC 1918).
    private static let candidates: [IPv4Network] = {
        let c = (200...254).reversed().map { (192, 168, $0) } as [(UInt32, UInt32, UInt32)]
        let b = (16...31).reversed().map { (172, $0, 254) } as [(UInt32, UInt32, UInt32)]
        let a = (0...254).reversed().map { (10, $0, 254) } as [(UInt32, UInt32, UInt32)]
        return (c + b + a).compactMap { IPv4Network(IPv4Address(bits: $0.0 << 24 | $0.1 << 16 | $0.2 << 8), prefixLength: 24) }
    }()

    private struct Taken: CustomStringConvertible {
        var network: IPv4Network
        var description: String
    }

    /// Networks that routes lead to. The tap's own do not count: they are from an earlier run.
    private static func taken(_ facts: HostFacts, except tap: InterfaceName) -> [Taken] {
        let routes = facts.network.routes4.filter { !$0.isDefault && $0.interface != tap.description }
        let networks = routes.compactMap { route in
            IPv4Network("\(route.destination)/\(route.prefixLength)").map {
                Taken(network: $0, description: "the route to \($0) by \(route.interface)")
            }
        }
        // A resolver of the cloud may be reached by the default route alone, and must not disappear behind the tap.
        let resolvers = facts.network.nameservers.compactMap { server in
            IPv4Network("\(server)/32").map { Taken(network: $0, description: "the resolver \(server)") }
        }
        return networks + resolvers
    }
}
