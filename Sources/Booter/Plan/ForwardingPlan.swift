import NetSetup
import NetworkValues

/// Which packets this machine forwards while the guest runs, and the sysctls for it.
///
/// A machine that was no router before forwards for the guest alone; one that was a router stays one.
struct ForwardingPlan: Equatable, Sendable {
    var transit4 = NATRules.Transit.unrestricted
    var transit6 = NATRules.Transit.unrestricted
    /// IPv4 links to switch on one by one: the kernel passes on a change of ip_forward, not its value.
    var links: [InterfaceName] = []
    /// Whether net.ipv4.ip_forward is switched on; false where only some links forwarded before.
    var isGlobal = true

    static func choose(
        _ facts: NetworkFacts, egress: InterfaceName?, tap: InterfaceName, hasIPv6: Bool, _ notes: inout PlanNotes
    ) -> ForwardingPlan {
        var plan = ForwardingPlan()
        let uplinks = egress.map { [$0] } ?? facts.defaultLinks4
        let closed = uplinks.filter { facts.forwards($0.description) == false }
        let isOn = facts.sysctls["net/ipv4/ip_forward"] == "1"
        let isPartial = !isOn && facts.links.contains { $0.name != tap.description && facts.forwards($0.name) == true }
        if (isOn || isPartial) && !facts.has(.closed4) {
            plan.isGlobal = isOn
            plan.links = closed
            let restricted = facts.has(.links4) ? uplinks : closed
            if !restricted.isEmpty { plan.transit4 = .closedFrom(restricted) }
            let reason = isOn ? "this machine forwarded IPv4 before" : "some links of this machine forwarded IPv4 before"
            notes.decide(
                "forwarding", restricted.isEmpty ? "as before" : "as before, and from \(list(restricted)) to \(tap) only", because: reason)
        } else {
            if isOn { plan.links = closed }
            plan.transit4 = .closed
            notes.decide(
                "forwarding", "from and to \(tap) only", because: "this machine was not a router, and does not become one for others")
        }
        plan.transit6 = transit6(facts, hasIPv6: hasIPv6)
        return plan
    }

    private static func transit6(_ facts: NetworkFacts, hasIPv6: Bool) -> NATRules.Transit {
        let isOn = facts.sysctls["net/ipv6/conf/all/forwarding"] == "1"
        if facts.has(.closed6) { return isOn || hasIPv6 ? .closed : .unrestricted }
        return isOn || !hasIPv6 ? .unrestricted : .closed
    }

    private static func list(_ names: [InterfaceName]) -> String { names.map(\.description).joined(separator: ", ") }
}

extension NetworkFacts {
    /// The links of IPv4 default routes, best first.
    fileprivate var defaultLinks4: [InterfaceName] {
        var names: [InterfaceName] = []
        for route in defaultRoutes4 {
            if let name = InterfaceName(route.interface), !names.contains(name) { names.append(name) }
        }
        return names
    }

    fileprivate func forwards(_ link: String) -> Bool? { sysctls["net/ipv4/conf/\(link)/forwarding"].map { $0 == "1" } }
    fileprivate func has(_ chain: TransitChain) -> Bool { live?.transitChains.contains(chain.rawValue) == true }
}
