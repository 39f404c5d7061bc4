import BootSettings
import Diagnostics
import NetSetup
import NetworkValues

/// The network part of a plan while its guest runs, and what has to be done when the machine's own network has changed.
struct NetworkChange: Equatable, Sendable {
    /// What the guest's network follows.
    struct Uplink: Equatable, Sendable {
        /// The interfaces of the best default routes; nil without one.
        var link4: String?
        var link6: String?
        var nameservers: [String]
    }

    var uplink: Uplink
    var mtu: Int
    /// All steps of the network, as if the guest were started now.
    var steps: [Step]
    /// Networks of this machine that hide the guest's, for people.
    var clashes: [String]

    /// What a running guest does not follow stays as it is: its addresses, its card, the tap.
    /// - Parameters:
    ///   - planner: with the facts of the start.
    ///   - network: the machine's network now.
    ///   - current: what is in force; nil for the start itself.
    init?(_ planner: Planner, _ network: NetworkFacts, from current: NetworkChange? = nil, start: NetworkChange? = nil) {
        var configuration = planner.configuration
        var facts = planner.facts
        facts.network = network
        // IPv6 that the guest has once, it keeps: its own addresses are this machine's.
        if start?.hasIPv6 == true || current?.hasIPv6 == true { configuration.network.ipv6 = .on }
        var notes = PlanNotes()
        let identity = GuestIdentity.choose(configuration, facts, &notes)
        guard let sizing = CPUSizing.choose(configuration, planner.facts, &notes),
            // The subnet is that of the start, whatever overlaps it now.
            let subnet = SubnetChoice.choose(planner.configuration, planner.facts, &notes),
            var plan = NetworkPlan.choose(configuration, facts, identity: identity, vcpus: sizing.vcpus, subnet: subnet, &notes)
        else { return nil }
        uplink = Uplink(
            link4: network.defaultRoutes4.first?.interface, link6: network.routes6.first(where: \.isDefault)?.interface,
            nameservers: network.nameservers)
        if let start {
            // The guest's card has the MTU of the start: more would not reach it. Without an uplink there is nothing to follow.
            plan.mtu = uplink.link4 == nil && uplink.link6 == nil ? current?.mtu ?? start.mtu : min(plan.mtu, start.mtu)
        }
        if let current { plan.forwarding.transit4 = plan.forwarding.transit4.tightened(by: current.rules?.transit4) }
        if let current { plan.forwarding.transit6 = plan.forwarding.transit6.tightened(by: current.rules?.transit6) }
        mtu = plan.mtu
        clashes = SubnetChoice.clashes(subnet, facts, tap: plan.tap)
        steps =
            NetworkSteps(
                plan: plan, identity: identity, configuration: configuration, facts: facts, persistentTap: planner.persistentTap
            ).steps
    }

    private var rules: NATRules? {
        for case .installFirewall(let rules) in steps { return rules }
        return nil
    }

    private var hasIPv6: Bool { rules?.subnet6 != nil }

    /// The steps that lead from one to the other, in the order of a start. Nothing is taken back: a link that was prepared for the
    /// guest may become its uplink again, and `boot down` undoes it all.
    func steps(from current: NetworkChange) -> [Step] {
        var result: [Step] = []
        // It would look for other name servers by itself, but not in a file that a container's engine writes through another name.
        var restarts = uplink.nameservers != current.uplink.nameservers
        for step in steps where !current.steps.contains(step) {
            switch step {
            // The tap stays, and so does its address.
            case .createTap: break
            case .bringUp(let name, _, let mtu): result.append(.setMTU(name: name, mtu: mtu))
            case .writeFile:
                restarts = true
                result.append(step)
            case .addAddress6(let name, _, _):
                // It was switched off for a guest without IPv6.
                result += [.writeSysctl(path: "net/ipv6/conf/\(name)/disable_ipv6", value: "0", optional: true), step]
            default: result.append(step)
            }
        }
        // dnsmasq reads its configuration once.
        guard restarts else { return result }
        return result + steps.filter { if case .startDnsmasq = $0 { true } else if case .dropDHCPChecksums = $0 { true } else { false } }
    }

    /// What people should know, in words.
    func description(from current: NetworkChange) -> [String] {
        var lines: [String] = []
        func changed(_ name: String, _ now: String?, _ before: String?) {
            if now != before { lines.append("\(name): \(now ?? "none"), before: \(before ?? "none")") }
        }
        changed("default route by IPv4", uplink.link4, current.uplink.link4)
        changed("default route by IPv6", uplink.link6, current.uplink.link6)
        changed("name servers", Self.list(uplink.nameservers), Self.list(current.uplink.nameservers))
        changed("MTU of the guest's network", String(mtu), String(current.mtu))
        if hasIPv6, !current.hasIPv6 { lines.append("the guest gets IPv6") }
        for clash in clashes where !current.clashes.contains(clash) {
            lines.append("\(clash) overlaps the guest's network: one of the two cannot be reached until the guest is started again")
        }
        return lines
    }

    private static func list(_ words: [String]) -> String? { words.isEmpty ? nil : words.joined(separator: ", ") }
}

extension NATRules.Transit {
    /// What forwards less of the two: a link that was switched on for the guest forwards for nobody else, also when the uplink is another one.
    fileprivate func tightened(by other: Self?) -> Self {
        switch (self, other) {
        case (_, nil): self
        case (.closed, _), (_, .closed): .closed
        case (.closedFrom(let links), .closedFrom(let before)): .closedFrom(before + links.filter { !before.contains($0) })
        case (.closedFrom, _): self
        case (.unrestricted, .some(let other)): other
        }
    }
}
