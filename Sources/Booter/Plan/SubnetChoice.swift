import BootSettings
import Diagnostics
import NetSetup
import NetworkValues

/// The guest's IPv4 network: one that this machine does not use otherwise.
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
        let clash = taken.first { $0.network.overlaps(candidates[0]) }
        if let free = candidates.first(where: { candidate in !taken.contains { $0.network.overlaps(candidate) } }) {
            notes.decide(
                "subnet", free.description,
                because: clash.map { "\(candidates[0]) overlaps \($0)" } ?? "the default, and no route overlaps it")
            return free
        }
        // The longest prefix wins: a part of a larger network works, but hides that part.
        let harmless = { (candidate: IPv4Network) in
            !taken.contains { $0.network.overlaps(candidate) && $0.network.prefixLength >= candidate.prefixLength }
        }
        guard let part = candidates.first(where: harmless), let whole = taken.first(where: { $0.network.overlaps(part) }) else {
            notes.refuse(
                .network, "every private network that was tried overlaps a route of this machine", remedy: "set network.subnet",
                exit: ExitStatus.config)
            return nil
        }
        notes.decide("subnet", part.description, because: "every private network has a route; this is a small part of \(whole.network)")
        notes.warn(
            .network, "the guest's network \(part) lies within \(whole): this machine and the guest cannot reach other hosts in it",
            remedy: "set network.subnet to a network that is not in use")
        return part
    }

    /// What of this machine a network of a guest overlaps.
    ///
    /// The gateway is the tap's own address, also where /sys is that of another network namespace and names it by another link.
    static func clashes(_ subnet: IPv4Network, _ facts: HostFacts, tap: InterfaceName) -> [String] {
        let gateway = subnet.host(1)
        return taken(facts, except: tap).filter { $0.network.overlaps(subnet) && $0.network.address != gateway }.map(\.description)
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

    /// Networks of routes, and single addresses that must stay reachable. The tap's own do not count: they are from an earlier run.
    ///
    /// A route shorter than /8 does no harm: VPNs split the default route into such parts.
    private static func taken(_ facts: HostFacts, except tap: InterfaceName) -> [Taken] {
        let all = facts.network.routes4 + (facts.network.live?.otherRoutes4 ?? [])
        let routes = all.filter { $0.interface != tap.description }
        let networks = routes.filter { $0.prefixLength >= 8 }.compactMap { route in
            IPv4Network("\(route.destination)/\(route.prefixLength)").map {
                Taken(network: $0, description: "the route to \($0) by \(route.interface)")
            }
        }
        let addresses = (facts.network.live?.addresses4 ?? []).filter { $0.interface != tap.description }.compactMap { own in
            IPv4Network("\(own.address)/32").map { Taken(network: $0, description: "the address \(own.address) of \(own.interface)") }
        }
        let gateways = routes.compactMap { route in
            route.gateway.flatMap { gateway in
                IPv4Network("\(gateway)/32").map { Taken(network: $0, description: "the gateway \(gateway)") }
            }
        }
        // A resolver may be reached by the default route, and must not be hidden by the tap's network.
        let resolvers = facts.network.nameservers.compactMap { server in
            IPv4Network("\(server)/32").map { Taken(network: $0, description: "the resolver \(server)") }
        }
        return networks + addresses + gateways + resolvers
    }
}
