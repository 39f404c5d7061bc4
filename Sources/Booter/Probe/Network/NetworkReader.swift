import LinuxSupport
import NetworkValues

/// /proc/net, /sys/class/net and the resolver.
struct NetworkFacts: Codable, Equatable, Sendable {
    var links: [LinkFacts]
    /// /proc/net/route: dotted-quad text, lowest metric first. Unreachable and rejecting routes are left out.
    var routes4: [RouteFacts]
    /// /proc/net/ipv6_route: compressed text, without loopback, link-local and multicast.
    var routes6: [RouteFacts]
    /// `nameserver` lines of /etc/resolv.conf.
    var nameservers: [String]
    /// Current values by path: "net/ipv4/ip_forward": "0". Those that a plan may write.
    var sysctls: [String: String]
    /// What the running kernel was asked; nil for a saved machine.
    var live: LiveNetworkFacts?
}

/// What no file shows: answers of rtnetlink and nf_tables.
struct LiveNetworkFacts: Codable, Equatable, Sendable {
    /// The machine's own IPv4 addresses; `prefixLength` is that of the link's network.
    var addresses4: [AddressFacts] = []
    /// IPv4 routes of other tables than main and local: policy routing, VPNs.
    var otherRoutes4: [RouteFacts] = []
    /// Policy rules, by which another table may claim the guest's networks.
    var hasPolicyRules4 = false
    var hasPolicyRules6 = false
    /// An interface with the tap's name exists that `boot` did not create.
    var tapIsForeign = false
    /// Chains of other firewalls that drop what they do not allow, and have no rule for the tap.
    var firewalls: [FirewallFacts] = []
    /// Chains of our own table, from an earlier run, that keep the machine from forwarding for others.
    var transitChains: [String] = []
    /// /proc/sys is mounted read-only, as in most containers.
    var sysctlsAreReadOnly = false
}

struct AddressFacts: Codable, Equatable, Sendable {
    var address: String
    var prefixLength: Int
    var interface: String
}

/// A base chain of another nf_tables table.
struct FirewallFacts: Codable, Equatable, Sendable {
    /// inet, ip or ip6.
    var family: String
    var table: String
    var chain: String
    /// forward, input or postrouting.
    var hook: String
    /// The names of the table's chains, by which a firewall is recognized.
    var chains: [String]
}

struct LinkFacts: Codable, Equatable, Sendable {
    var name: String
    var index: Int
    var mtu: Int
    /// operstate: up, down, unknown, ...
    var state: String
    /// Has a device below it: a real or virtual NIC rather than a bridge or a tunnel.
    var hasDevice: Bool
}

struct RouteFacts: Codable, Equatable, Sendable {
    /// "0.0.0.0" or "::" with prefixLength 0 for a default route.
    var destination: String
    var prefixLength: Int
    /// nil for a directly connected network.
    var gateway: String?
    var interface: String
    var metric: Int

    var isDefault: Bool { prefixLength == 0 }
}

/// Links, routes, name servers and the sysctls that a plan may write.
struct NetworkReader {
    let root: FileRoot
    /// The uplink of the configuration, if it names one.
    let uplink: String?
    var tap = InterfaceName.tap0

    func facts() -> NetworkFacts {
        let routes4 = (try? root.text("/proc/net/route")).map(RouteTable.parse4) ?? []
        // Not there when IPv6 is off: ipv6.disable=1, or a kernel without it.
        let routes6 = (try? root.text("/proc/net/ipv6_route")).map(RouteTable.parse6) ?? []
        let uplinks = Set((routes4 + routes6).filter(\.isDefault).map(\.interface) + [uplink].compactMap { $0 })
        let links = LinkReader(root: root).links()
        return NetworkFacts(
            links: links, routes4: routes4, routes6: routes6,
            nameservers: (try? root.text("/etc/resolv.conf")).map(Resolver.nameservers) ?? [],
            sysctls: sysctls(Self.names(uplinks: uplinks.sorted()) + Self.forwarding(links)),
            live: root.isLive ? LiveNetworkReader(tap: tap, links: links).facts() : nil)
    }

    /// Whether packets that arrive by a link are forwarded.
    private static func forwarding(_ links: [LinkFacts]) -> [String] {
        links.filter { $0.name != "lo" && InterfaceName($0.name) != nil }.map { "net/ipv4/conf/\($0.name)/forwarding" }
    }

    /// Forwarding, and on each possible uplink whether it listens to router advertisements once it forwards itself.
    static func names(uplinks: [String]) -> [String] {
        ["net/ipv4/ip_forward", "net/ipv6/conf/all/forwarding", "net/ipv6/conf/all/disable_ipv6"]
            + uplinks.filter { !$0.contains("/") && $0 != ".." }.map { "net/ipv6/conf/\($0)/accept_ra" }
    }

    private func sysctls(_ names: [String]) -> [String: String] {
        var values: [String: String] = [:]
        for name in names { values[name] = root.word("/proc/sys/" + name) }
        return values
    }
}
