import NetworkValues

/// A part of a rule: as nft(8) writes it, and as the kernel's instructions.
///
/// Both come from the same function, so that the tests can compare them by nft.
struct NftStatement: Equatable, Sendable {
    let text: String
    /// The matches that `expressions` depend on, which nft adds once to a rule.
    let requirements: [[NftExpression]]
    let expressions: [NftExpression]

    private init(_ text: String, requires requirements: [[NftExpression]] = [], _ expressions: [NftExpression]) {
        self.text = text
        self.requirements = requirements
        self.expressions = expressions
    }

    enum Direction { case input, output }
    enum AddressField { case source, destination }

    /// `iifname "tap0"`, `oifname != "tap0"`. By name rather than index: the tap is created anew with every QEMU.
    static func interface(_ direction: Direction, _ name: InterfaceName, not: Bool = false) -> NftStatement {
        let word = direction == .input ? "iifname" : "oifname"
        // A trailing '*' is a wildcard in nft, unless it is escaped; all 16 bytes are compared here.
        let quoted = name.description.hasSuffix("*") ? name.description.dropLast() + "\\*" : name.description[...]
        let bytes = Array(name.description.utf8)
        let padded = bytes + [UInt8](repeating: 0, count: max(0, 16 - bytes.count))
        return NftStatement(
            "\(word) \(not ? "!= " : "")\"\(quoted)\"",
            [.meta(direction == .input ? .inputName : .outputName), .compare(not ? .notEqual : .equal, padded)])
    }

    /// `ip saddr 192.168.254.0/24`, `ip6 daddr != ::1`
    ///
    /// Source and destination are at bytes 12 and 16 of the header in RFC 791, 8 and 24 in RFC 8200.
    static func address(_ field: AddressField, _ prefix: AddressPrefix, not: Bool = false) -> NftStatement {
        let source = field == .source
        let offset: UInt32 = prefix.isIPv6 ? (source ? 8 : 24) : (source ? 12 : 16)
        let words = [prefix.isIPv6 ? "ip6" : "ip", source ? "saddr" : "daddr"] + (not ? ["!="] : []) + [prefix.text]
        let match = comparison(prefix, at: offset, not ? .notEqual : .equal)
        return NftStatement(words.joined(separator: " "), requires: [prefix.isIPv6 ? ipv6 : ipv4], match)
    }

    /// `ct original ip saddr 192.168.254.0/24`: the source address of a connection's first packet, or of the replies.
    ///
    /// Matches no connection of the other address family.
    static func connectionSource(_ direction: NftExpression.Direction, _ prefix: AddressPrefix, not: Bool = false) -> NftStatement {
        let words =
            ["ct", direction == .original ? "original" : "reply", prefix.isIPv6 ? "ip6" : "ip", "saddr"] + (not ? ["!="] : [])
            + [prefix.text]
        let load = NftExpression.connectionSource(prefix.isIPv6 ? .ipv6 : .ipv4, direction)
        return NftStatement(words.joined(separator: " "), [load] + tail(of: prefix, not ? .notEqual : .equal))
    }

    /// `meta nfproto ipv4`
    static let isIPv4 = NftStatement("meta nfproto ipv4", ipv4)
    /// `meta nfproto ipv6`
    static let isIPv6 = NftStatement("meta nfproto ipv6", ipv6)

    /// `tcp dport 22`, `udp dport 6000-6010`: bytes 2 and 3 of either header.
    static func destinationPorts(_ transport: PortForward.TransportProtocol, _ ports: ClosedRange<UInt16>) -> NftStatement {
        let one = ports.lowerBound == ports.upperBound
        let comparisons: [NftExpression] =
            one
            ? [.compare(.equal, ports.lowerBound.bigEndianBytes)]
            : [.compare(.atLeast, ports.lowerBound.bigEndianBytes), .compare(.atMost, ports.upperBound.bigEndianBytes)]
        return NftStatement(
            "\(transport.rawValue) dport \(ports.lowerBound)" + (one ? "" : "-\(ports.upperBound)"),
            requires: [transport == .tcp ? tcp : udp], [.payload(.transport, offset: 2, length: 2)] + comparisons)
    }

    /// `icmp type echo-request`
    static let echoRequest4 = NftStatement("icmp type echo-request", requires: [ipv4, isTransport(1)], headerByte(0, 8))

    /// Neighbor discovery, RFC 4861, and echo requests.
    enum ICMPv6Type: UInt8, CaseIterable {
        case echoRequest = 128
        case routerSolicitation = 133
        case neighborSolicitation = 135
        case neighborAdvertisement = 136

        fileprivate var text: String {
            switch self {
            case .echoRequest: "echo-request"
            case .routerSolicitation: "nd-router-solicit"
            case .neighborSolicitation: "nd-neighbor-solicit"
            case .neighborAdvertisement: "nd-neighbor-advert"
            }
        }
    }

    /// `icmpv6 type nd-neighbor-solicit`
    static func icmpv6(_ type: ICMPv6Type) -> NftStatement {
        NftStatement("icmpv6 type \(type.text)", requires: [ipv6, isTransport(58)], headerByte(0, type.rawValue))
    }

    /// `ct state established,related`: NF_CT_STATE_BIT of enum ip_conntrack_info, in this machine's byte order.
    static let isEstablished = NftStatement("ct state established,related", conntrack(.state, 1 << 1 | 1 << 2))
    /// `ct state related`: IP_CT_RELATED.
    static let isRelated = NftStatement("ct state related", conntrack(.state, 1 << 2))
    /// `ct state invalid`: NF_CT_STATE_INVALID_BIT.
    static let isInvalid = NftStatement("ct state invalid", conntrack(.state, 1 << 0))
    /// `ct status dnat`: IPS_DST_NAT.
    static let isForwarded = NftStatement("ct status dnat", conntrack(.status, 1 << 5))

    /// `fib daddr type local`: one of this machine's own addresses, RTN_LOCAL of linux/rtnetlink.h.
    static let toLocalAddress = NftStatement("fib daddr type local", [.destinationType, .compare(.equal, UInt32(2).nativeBytes)])

    /// `meta pkttype host`: sent to this machine's link address and no other, PACKET_HOST of linux/if_packet.h.
    static let toLinkAddress = NftStatement("meta pkttype host", [.meta(.packetType), .compare(.equal, [0])])

    /// `tcp flags syn / syn,rst`: byte 13 of the header, RFC 9293; the packets that carry a maximum segment size.
    static let isSyn = NftStatement(
        "tcp flags syn / syn,rst", requires: [tcp],
        [.payload(.transport, offset: 13, length: 1), .mask([0x06]), .compare(.equal, [0x02])])

    /// `tcp option maxseg size set rt mtu`: lowers the value, never raises it.
    static let clampMSS = NftStatement("tcp option maxseg size set rt mtu", requires: [tcp], [.pathMSS, .networkOrder16, .setMSS])

    static let masquerade = NftStatement("masquerade", [.masquerade])
    static let accept = NftStatement("accept", [.verdict(.accept)])
    static let drop = NftStatement("drop", [.verdict(.drop)])
    static func jump(_ chain: String) -> NftStatement { NftStatement("jump \(chain)", [.verdict(.jump(chain))]) }

    /// `dnat ip to 192.168.254.2:22`; without a port the packet keeps its own.
    static func forward(to address: IPv4Address, port: UInt16?) -> NftStatement {
        destinationNAT("ip to \(address)" + (port.map { ":\($0)" } ?? ""), .ipv4, address.bytes, port)
    }

    /// `dnat ip6 to [fd00::2]:22`
    static func forward(to address: IPv6Address, port: UInt16?) -> NftStatement {
        destinationNAT(port.map { "ip6 to [\(address)]:\($0)" } ?? "ip6 to \(address)", .ipv6, address.bytes, port)
    }
}

extension NftStatement {
    // NFPROTO_IPV4 and NFPROTO_IPV6 of linux/netfilter.h; protocol numbers of IANA.
    private static let ipv4: [NftExpression] = [.meta(.networkProtocol), .compare(.equal, [2])]
    private static let ipv6: [NftExpression] = [.meta(.networkProtocol), .compare(.equal, [10])]
    private static let tcp = isTransport(6)
    private static let udp = isTransport(17)

    private static func isTransport(_ number: UInt8) -> [NftExpression] { [.meta(.transportProtocol), .compare(.equal, [number])] }

    private static func headerByte(_ offset: UInt32, _ value: UInt8) -> [NftExpression] {
        [.payload(.transport, offset: offset, length: 1), .compare(.equal, [value])]
    }

    /// As in nft: for a prefix of whole bytes the load is shorter, any other is masked.
    private static func comparison(
        _ prefix: AddressPrefix, at offset: UInt32, _ comparison: NftExpression.Comparison
    ) -> [NftExpression] {
        let length = prefix.length % 8 == 0 ? prefix.length / 8 : prefix.bytes.count
        return [.payload(.network, offset: offset, length: UInt32(length))] + tail(of: prefix, comparison)
    }

    /// The comparison after a load: of the prefix's bytes, or of a masked address.
    private static func tail(of prefix: AddressPrefix, _ comparison: NftExpression.Comparison) -> [NftExpression] {
        if prefix.length % 8 == 0 { return [.compare(comparison, Array(prefix.bytes.prefix(prefix.length / 8)))] }
        let mask = prefix.bytes.indices.map { index -> UInt8 in
            let ones = min(8, max(0, prefix.length - index * 8))
            return ones == 0 ? 0 : 0xff << UInt8(8 - ones)
        }
        return [.mask(mask), .compare(comparison, prefix.bytes)]
    }

    /// Any of `bits` set.
    private static func conntrack(_ key: NftExpression.ConntrackKey, _ bits: UInt32) -> [NftExpression] {
        [.conntrack(key), .mask(bits.nativeBytes), .compare(.notEqual, UInt32(0).nativeBytes)]
    }

    private static func destinationNAT(
        _ text: String, _ family: NftExpression.NetworkFamily, _ address: [UInt8], _ port: UInt16?
    ) -> NftStatement {
        let load: [NftExpression] = [.immediate(.first, address)] + (port.map { [.immediate(.second, $0.bigEndianBytes)] } ?? [])
        return NftStatement("dnat " + text, load + [.destinationNAT(family, port: port != nil)])
    }
}
