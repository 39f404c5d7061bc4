import NetworkValues

/// Address translation: forwarded ports, and masquerading.
extension NftRuleset {
    static let forwardsChain = "forwards"

    /// Packets to the machine's own addresses, from outside or from the guest, may be forwarded to the guest.
    static func prerouting(_ rules: NATRules) -> [[NftStatement]] {
        guard !rules.hasAddressLookup else { return [[.toLocalAddress, .jump(forwardsChain)]] }
        return [[.interface(.input, rules.tap, not: true), .toLinkAddress, .jump(forwardsChain)]]
    }

    /// The machine's own connections to its addresses. Those to 127.0.0.1 would need route_localnet, which exposes loopback services.
    static func output(_ rules: NATRules) -> [[NftStatement]] {
        // The route to one of the machine's own addresses leads to loopback.
        let own = !rules.hasAddressLookup ? NftStatement.interface(.output, .loopback) : .toLocalAddress
        return [AddressPrefix.loopback4, .loopback6].map { [.address(.destination, $0, not: true), own, .jump(forwardsChain)] }
    }

    /// One rule for a forward that keeps its ports, else one rule for each port: dnat cannot add an offset.
    static func forwards(_ rules: NATRules) -> [[NftStatement]] {
        rules.forwards.flatMap { forward -> [[NftStatement]] in
            parts(of: forward).flatMap { part -> [[NftStatement]] in
                let match = NftStatement.destinationPorts(forward.transport, part.ports)
                var result = [[match, .forward(to: rules.guest4, port: part.to)]]
                if let guest6 = rules.guest6 { result.append([match, .forward(to: guest6, port: part.to)]) }
                return result
            }
        }
    }

    static func parts(of forward: PortForward) -> [(ports: ClosedRange<UInt16>, to: UInt16?)] {
        if forward.hostPorts == forward.guestPorts { return [(forward.hostPorts, nil)] }
        return zip(forward.hostPorts, forward.guestPorts).map { ($0...$0, $1) }
    }

    /// What the guest sends out is masqueraded as the machine; so is what it sends to itself by way of the machine.
    static func postrouting(_ rules: NATRules) -> [[NftStatement]] {
        let outside = rules.egress.map { NftStatement.interface(.output, $0) } ?? .interface(.output, rules.tap, not: true)
        var result: [[NftStatement]] = [[.address(.source, AddressPrefix(rules.subnet4)), outside, .masquerade]]
        if let subnet6 = rules.subnet6 { result.append([.address(.source, AddressPrefix(subnet6)), outside, .masquerade]) }
        // The incoming interface is known in postrouting since Linux 5.7.
        result.append([.interface(.input, rules.tap), .interface(.output, rules.tap), .masquerade])
        return result
    }
}
