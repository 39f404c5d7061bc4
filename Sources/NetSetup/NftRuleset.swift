import NetworkValues

/// The firewall as nf_tables has it: one table of family inet, as plain data.
///
/// Every rule names our tap or our subnet, so that other traffic is left alone, and every chain's policy is accept. What
/// another table drops stays dropped: an accept ends only the chain in which it is.
struct NftRuleset: Equatable, Sendable {
    let table: String
    let chains: [NftChain]

    /// The maximum number of rules for forwards in one address family: one for a range that keeps its ports, else one for each port.
    static let forwardLimit = 1024

    init(table: String, chains: [NftChain]) {
        self.table = table
        self.chains = chains
    }

    /// - Throws: as `NATRules.validate()`.
    init(_ rules: NATRules) throws(NetError) {
        try rules.validate()
        table = rules.table
        chains = [
            .base(.prerouting, .nat, priority: -100, Self.prerouting(rules)),
            .base(.output, .nat, priority: -100, Self.output(rules)),
            NftChain(name: Self.forwards, base: nil, rules: Self.forwards(rules)),
            .base(.postrouting, .nat, priority: 100, Self.postrouting(rules)),
            .base(.forward, .filter, priority: 0, Self.forward(rules)),
            .base(.input, .filter, priority: 0, Self.input(rules)),
        ]
    }

    /// The same as a file for `nft -f`, for people and for tests.
    var script: String {
        "table inet \(table) {\n" + chains.map(\.script).joined(separator: "\n\n") + "\n}\n"
    }
}

extension NftRuleset {
    private static let forwards = "forwards"

    /// Packets to the machine's own addresses, from outside or from the guest, may be forwarded to the guest.
    private static func prerouting(_ rules: NATRules) -> [[NftStatement]] {
        guard !rules.hasAddressLookup else { return [[.toLocalAddress, .jump(forwards)]] }
        return [[.interface(.input, rules.tap, not: true), .toLinkAddress, .jump(forwards)]]
    }

    /// The machine's own connections to its addresses. Those to 127.0.0.1 would need route_localnet, which exposes loopback services.
    private static func output(_ rules: NATRules) -> [[NftStatement]] {
        // The route to one of the machine's own addresses leads to loopback.
        let own = !rules.hasAddressLookup ? NftStatement.interface(.output, .loopback) : .toLocalAddress
        return [AddressPrefix.loopback4, .loopback6].map { [.address(.destination, $0, not: true), own, .jump(forwards)] }
    }

    /// One rule for a forward that keeps its ports, else one rule for each port: dnat cannot add an offset.
    private static func forwards(_ rules: NATRules) -> [[NftStatement]] {
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
    private static func postrouting(_ rules: NATRules) -> [[NftStatement]] {
        let outside = rules.egress.map { NftStatement.interface(.output, $0) } ?? .interface(.output, rules.tap, not: true)
        var result: [[NftStatement]] = [[.address(.source, AddressPrefix(rules.subnet4)), outside, .masquerade]]
        if let subnet6 = rules.subnet6 { result.append([.address(.source, AddressPrefix(subnet6)), outside, .masquerade]) }
        // The incoming interface is known in postrouting since Linux 5.7.
        result.append([.interface(.input, rules.tap), .interface(.output, rules.tap), .masquerade])
        return result
    }

    private static func forward(_ rules: NATRules) -> [[NftStatement]] {
        let from = NftStatement.interface(.input, rules.tap)
        let to = NftStatement.interface(.output, rules.tap)
        var result = spoofed(rules, from).map { $0 + [.drop] }
        result.append([from, .isInvalid, .drop])
        if !rules.allowMetadata {
            result.append([from, .address(.destination, .metadata4), .drop])
            result.append([from, .address(.destination, .metadata6), .drop])
        }
        // Before anything is accepted: the path may have a smaller MTU than the guest assumes (tunnels, clouds).
        result.append([from, .isSyn, .clampMSS])
        result.append([to, .isSyn, .clampMSS])
        if let uplink = rules.egress {
            result.append([from, .interface(.output, uplink), .accept])
            result.append([from, to, .accept])
            result.append([from, .drop])
        } else {
            result.append([from, .accept])
        }
        result.append([to, .isEstablished, .accept])
        result.append([to, .isForwarded, .accept])
        result.append([to, .drop])
        return result
    }

    private static func input(_ rules: NATRules) -> [[NftStatement]] {
        let from = NftStatement.interface(.input, rules.tap)
        var open: [NftStatement] = [
            .destinationPorts(.udp, 67...67), .destinationPorts(.udp, 53...53), .destinationPorts(.tcp, 53...53), .echoRequest4,
        ]
        if rules.subnet6 != nil { open += [.destinationPorts(.udp, 547...547)] + NftStatement.ICMPv6Type.allCases.map { .icmpv6($0) } }
        var result = open.map { [from, $0, .accept] }
        result.append([from, .isEstablished, .accept])
        guard rules.allowHost else { return result + [[from, .drop]] }
        return result + spoofed(rules, from, linkLocal: true).map { $0 + [.drop] }
    }

    /// What comes from the tap with a source address outside of the guest's subnets.
    private static func spoofed(_ rules: NATRules, _ from: NftStatement, linkLocal: Bool = false) -> [[NftStatement]] {
        let ipv4: [NftStatement] = [from, .address(.source, AddressPrefix(rules.subnet4), not: true)]
        guard let subnet6 = rules.subnet6 else { return [ipv4, [from, .isIPv6]] }
        let ipv6: [NftStatement] = [from, .address(.source, AddressPrefix(subnet6), not: true)]
        return [ipv4, linkLocal ? ipv6 + [.address(.source, .linkLocal6, not: true)] : ipv6]
    }
}
