import LinuxSupport
import NetworkValues

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
