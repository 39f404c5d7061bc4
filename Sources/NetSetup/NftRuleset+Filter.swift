import NetworkValues

/// What is dropped: forged addresses, destinations that the guest may not reach, and uninvited packets to the guest.
extension NftRuleset {
    static let rawChain = "raw"
    static let metadataChain = "metadata"

    /// Before connection tracking, so that a dropped packet leaves no connection behind.
    ///
    /// The guest's subnets belong to the tap: packets with such a source address come from there, and only the guest and this machine
    /// send to them. So nobody outside reaches the tap's own address, where dnsmasq listens.
    static func raw(_ rules: NATRules) -> [[NftStatement]] {
        let from = NftStatement.interface(.input, rules.tap)
        let outside = [NftStatement.interface(.input, rules.tap, not: true), .interface(.input, .loopback, not: true)]
        let subnet4 = AddressPrefix(rules.subnet4)
        var result: [[NftStatement]] = [
            [from, .address(.source, .unspecified4), .destinationPorts(.udp, 67...67), .accept],
            [from, .address(.source, subnet4, not: true), .drop],
            outside + [.address(.source, subnet4), .drop],
            outside + [.address(.destination, subnet4), .drop],
        ]
        guard let subnet6 = rules.subnet6.map({ AddressPrefix($0) }) else { return result + [[from, .isIPv6, .drop]] }
        result.append(
            [from] + [subnet6, .linkLocal6, .unspecified6].map { .address(.source, $0, not: true) } + [.drop])
        result.append(outside + [.address(.source, subnet6), .drop])
        result.append(outside + [.address(.destination, subnet6), .drop])
        return result
    }

    static func metadata(_ rules: NATRules) -> [[NftStatement]] {
        let networks = AddressPrefix.metadata4 + (rules.subnet6 == nil ? [] : AddressPrefix.metadata6)
        return networks.map { [.address(.destination, $0), .drop] }
    }

    static func forward(_ rules: NATRules) -> [[NftStatement]] {
        let from = NftStatement.interface(.input, rules.tap)
        let to = NftStatement.interface(.output, rules.tap)
        var result = foreignErrors(rules)
        if !rules.allowMetadata { result.append([from, .jump(metadataChain)]) }
        // Before anything is accepted: the path may have a smaller MTU than the guest assumes (tunnels, clouds).
        result.append([from, .isSyn, .clampMSS])
        result.append([to, .isSyn, .clampMSS])
        if let egress = rules.egress {
            result.append([from, .interface(.output, egress), .accept])
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

    /// DNS only at the tap's own address: the machine's other resolvers are not the guest's.
    static func input(_ rules: NATRules) -> [[NftStatement]] {
        let from = NftStatement.interface(.input, rules.tap)
        var open: [[NftStatement]] = [
            [.address(.destination, .broadcast4), .destinationPorts(.udp, 67...67)],
            [.address(.destination, AddressPrefix(rules.gateway4)), .destinationPorts(.udp, 67...67)],
            [.address(.destination, AddressPrefix(rules.gateway4)), .destinationPorts(.udp, 53...53)],
            [.address(.destination, AddressPrefix(rules.gateway4)), .destinationPorts(.tcp, 53...53)],
            [.echoRequest4],
        ]
        if rules.subnet6 != nil {
            open.append([.address(.destination, .dhcpServers6), .destinationPorts(.udp, 547...547)])
            if let gateway6 = rules.gateway6 {
                open.append([.address(.destination, AddressPrefix(gateway6)), .destinationPorts(.udp, 53...53)])
                open.append([.address(.destination, AddressPrefix(gateway6)), .destinationPorts(.tcp, 53...53)])
            }
            open += NftStatement.ICMPv6Type.allCases.map { [.icmpv6($0)] }
        }
        var result = foreignErrors(rules) + open.map { [from] + $0 + [.accept] }
        result.append([from, .isEstablished, .accept])
        if !rules.allowHost { result.append([from, .drop]) }
        return result
    }

    /// ICMP errors that the guest forges for other connections, to change their MTU or to end them.
    private static func foreignErrors(_ rules: NATRules) -> [[NftStatement]] {
        let from = NftStatement.interface(.input, rules.tap)
        let subnets = [AddressPrefix(rules.subnet4)] + (rules.subnet6.map { [AddressPrefix($0)] } ?? [])
        return [[from, .isInvalid, .drop]]
            + subnets.map { subnet in
                [from, .isRelated, .connectionSource(.original, subnet, not: true), .connectionSource(.reply, subnet, not: true), .drop]
            }
    }

    /// Separate chains, whose names tell the next run that this machine was not a router before.
    static func transit(_ rules: NATRules) -> [NftChain] {
        [
            transit(rules.transit4, .isIPv4, rules.tap, closed: .closed4, links: .links4),
            transit(rules.transit6, .isIPv6, rules.tap, closed: .closed6, links: .links6),
        ].compactMap { $0 }
    }

    private static func transit(
        _ transit: NATRules.Transit, _ family: NftStatement, _ tap: InterfaceName, closed: TransitChain, links: TransitChain
    ) -> NftChain? {
        let away = NftStatement.interface(.output, tap, not: true)
        switch transit {
        case .unrestricted: return nil
        case .closed:
            let rule = [family, NftStatement.interface(.input, tap, not: true), away, .drop]
            return NftChain.base(closed.rawValue, .forward, .filter, priority: 0, [rule])
        case .closedFrom(let names):
            let rules = names.map { [family, NftStatement.interface(.input, $0), away, .drop] }
            return NftChain.base(links.rawValue, .forward, .filter, priority: 0, rules)
        }
    }
}

/// The chains that keep the machine from forwarding for others.
public enum TransitChain: String, Sendable, CaseIterable {
    case closed4 = "transit4"
    case links4 = "transit4_links"
    case closed6 = "transit6"
    case links6 = "transit6_links"
}
