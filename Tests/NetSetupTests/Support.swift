import NetSetup
import NetworkValues
import TestSupport
import Testing

extension NATRules {
    /// A guest with IPv4 only, the default forwards and no wishes.
    static func plain() throws -> NATRules {
        NATRules(
            tap: .tap0, egress: nil, subnet4: try #require(IPv4Network("192.168.254.0/24")),
            guest4: try #require(IPv4Address("192.168.254.2")), forwards: PortForward.defaults)
    }

    /// Everything that can be wished for at once.
    static func full() throws -> NATRules {
        NATRules(
            table: "everything", tap: try #require(InterfaceName("guest.tap")), egress: InterfaceName("eth0"),
            subnet4: try #require(IPv4Network("10.1.0.0/17")), guest4: try #require(IPv4Address("10.1.0.2")),
            subnet6: IPv6Network("fd00:1:2::/61"), guest6: IPv6Address("fd00:1:2::2"),
            forwards: try ["tcp:10022:22", "udp:6000-6010:6000-6010", "tcp:7000-7002:8000-8002"].map { try #require(PortForward($0)) },
            allowHost: true, allowMetadata: true, transit4: .closedFrom([try #require(InterfaceName("eth0"))]), transit6: .closed)
    }

    /// Valid rules that nobody would think of.
    static func random(_ random: inout SplitMix64) throws -> NATRules {
        let prefix4 = Int.random(in: 1...30, using: &random)
        let address4 = UInt32.random(in: 0...(.max), using: &random)
        let subnet4 = try #require(IPv4Network(IPv4Address(bits: address4 & ~0 << UInt32(32 - prefix4)), prefixLength: prefix4))
        let prefix6 = Int.random(in: 1...127, using: &random)
        let guest6 = (0..<16).map { _ in UInt8.random(in: 0...255, using: &random) }
        let network6 = guest6.indices.map { guest6[$0] & UInt8(truncatingIfNeeded: 0xff00 >> min(8, max(0, prefix6 - $0 * 8))) }
        let v6 = Bool.random(using: &random)
        var forwards: [PortForward] = []
        var port = UInt16.random(in: 1...1000, using: &random)
        for _ in 0..<Int.random(in: 0...6, using: &random) {
            let last = port + UInt16.random(in: 0...40, using: &random)
            let transport: PortForward.TransportProtocol = Bool.random(using: &random) ? .tcp : .udp
            let guest = Bool.random(using: &random) ? port : UInt16.random(in: 1...60000, using: &random)
            forwards.append(try #require(PortForward(transport, port...last, to: guest)))
            port = last + UInt16.random(in: 1...5000, using: &random)
        }
        return NATRules(
            table: "t\(UInt16.random(in: 0...(.max), using: &random))",
            tap: try #require(InterfaceName("tap\(Int.random(in: 0...9999, using: &random))")),
            egress: Bool.random(using: &random) ? InterfaceName("eth0") : nil, subnet4: subnet4, guest4: IPv4Address(bits: address4),
            subnet6: v6 ? IPv6Network(try #require(IPv6Address(network6)), prefixLength: prefix6) : nil,
            guest6: v6 && Bool.random(using: &random) ? IPv6Address(guest6) : nil, forwards: forwards,
            allowHost: Bool.random(using: &random), allowMetadata: Bool.random(using: &random),
            hasAddressLookup: Bool.random(using: &random),
            transit4: [.unrestricted, .closed, .closedFrom([.tap0, .loopback])].randomElement(using: &random) ?? .closed,
            transit6: Bool.random(using: &random) ? .closed : .unrestricted)
    }
}

/// Bytes from hexadecimal digits, blanks and newlines ignored.
func bytes(hex: String) throws -> [UInt8] {
    let digits = try hex.filter { !$0.isWhitespace }.map { try #require($0.hexDigitValue) }
    try #require(digits.count.isMultiple(of: 2))
    return stride(from: 0, to: digits.count, by: 2).map { UInt8(digits[$0] << 4 | digits[$0 + 1]) }
}
