import Foundation
import NetSetup
import NetworkValues
import Testing

/// Three machines: a host on the uplink, L1 (this process), and a guest behind a tap that is attached as QEMU does it.
///
///     host 10.9.0.2 ---- uplink 10.9.0.1  L1  tap0 192.168.254.1 ---- eth0 192.168.254.2 guest
///          fd09::2              fd09::1            fd00:1::1                fd00:1::2
///
/// The host has no route to the guest's networks, as the world has none.
struct Topology: ~Copyable {
    let host: Namespace
    let guest: Namespace
    private let link: Background

    static let hostAddresses = (v4: "10.9.0.2", v6: "fd09::2")
    static let l1Addresses = (v4: "10.9.0.1", v6: "fd09::1")
    static let gateways = (v4: "192.168.254.1", v6: "fd00:1::1")
    static let guestAddresses = (v4: "192.168.254.2", v6: "fd00:1::2")
    private static let uplink = "uplink"

    /// - Parameter mtu: of L1's uplink; everything else has 1500.
    init(queues: Int = 1, mtu: Int = 1500) throws {
        let host = try Namespace()
        let guest = try Namespace()
        _ = try Shell.run("ip link delete \(Self.uplink); ip link delete tap0; nft flush ruleset")
        try Shell.must("ip link set lo up && ip link add \(Self.uplink) mtu \(mtu) type veth peer name eth0 netns \(host.pid)")
        try Shell.must("ip address add 10.9.0.1/24 dev uplink && ip address add fd09::1/64 dev uplink nodad && ip link set uplink up")
        // The metadata address, and one that only a default route leads to.
        try host.must(
            """
            ip address add 10.9.0.2/24 dev eth0 && ip address add fd09::2/64 dev eth0 nodad && ip link set eth0 up &&
            ip address add 169.254.169.254/32 dev eth0 && ip address add 203.0.113.7/32 dev lo &&
            ip address add fd00:ec2::254/128 dev lo && ip address add 2001:db8::7/128 dev lo
            """)
        try Shell.must("ip route replace default via 10.9.0.2 && ip -6 route replace default via fd09::2")

        let tap = try Tap.open(name: .tap0, queues: queues, persistent: true)
        let links = try Links()
        try links.setUp(.tap0)
        try links.addAddress(#require(IPv4Address(Self.gateways.v4)), prefixLength: 24, to: .tap0)
        try links.addAddress(#require(IPv6Address(Self.gateways.v6)), prefixLength: 64, to: .tap0)
        try Sysctl().write("1", to: "net/ipv4/ip_forward")
        try Sysctl().write("1", to: "net/ipv6/conf/all/forwarding")
        _ = consume tap

        let more = queues > 1 ? " --queues \(queues)" : ""
        let link = try Background("\(Shell.tools)/guest-link --tap tap0 --netns-pid \(guest.pid)\(more)", ready: "ready")
        try guest.must(
            """
            ip address add 192.168.254.2/24 dev eth0 && ip address add fd00:1::2/64 dev eth0 nodad &&
            ip route add default via 192.168.254.1 && ip -6 route add default via fd00:1::1
            """)
        self.host = host
        self.guest = guest
        self.link = link
    }

    static func rules(_ change: (inout NATRules) throws -> Void = { _ in }) throws -> NATRules {
        var rules = NATRules(
            tap: .tap0, egress: nil, subnet4: try #require(IPv4Network("192.168.254.0/24")),
            guest4: try #require(IPv4Address(guestAddresses.v4)), subnet6: IPv6Network("fd00:1::/64"),
            guest6: IPv6Address(guestAddresses.v6), forwards: PortForward.defaults)
        try change(&rules)
        return rules
    }

    deinit {
        link.stop()
        _ = try? Shell.run("ip link delete uplink; ip link delete tap0; nft flush ruleset")
    }
}

/// What a question of `peer` came to.
enum Answer: Equatable, CustomStringConvertible {
    case from(String)
    case none

    static func of(_ result: Shell.Result) -> Answer { result.succeeded ? .from(result.output.trimmingCharacters(in: .newlines)) : .none }

    var description: String {
        switch self {
        case .from(let text): "answered: \(text)"
        case .none: "no answer"
        }
    }
}

extension Namespace {
    func ask(_ transport: String, _ host: String, _ port: Int) throws -> Answer {
        .of(try run("\(Shell.tools)/peer ask \(transport) \(host) \(port)"))
    }
}
