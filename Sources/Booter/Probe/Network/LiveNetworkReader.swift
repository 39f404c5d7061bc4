import Glibc
import LinuxSupport
import NetSetup
import NetworkValues

/// What the kernel reports by netlink. Whatever cannot be queried is empty: a check that cannot be made must not stop the start.
struct LiveNetworkReader {
    let tap: InterfaceName
    let links: [LinkFacts]

    func facts() -> LiveNetworkFacts {
        var facts = LiveNetworkFacts()
        readRouting(&facts)
        facts.tapIsForeign = links.contains { $0.name == tap.description } && (try? Links().isOurs(tap)) == false
        if hasNetfilter, let others = try? Firewall().others(table: NATRules.standardTable, tap: tap) {
            facts.firewalls = others.drops.map {
                FirewallFacts(family: $0.family, table: $0.table, chain: $0.chain, hook: $0.hook, chains: $0.chains)
            }
            facts.transitChains = others.transit.map(\.rawValue)
        }
        facts.sysctlsAreReadOnly = access("/proc/sys/net/ipv4/ip_forward", W_OK) != 0 && errno == EROFS
        return facts
    }

    private func readRouting(_ facts: inout LiveNetworkFacts) {
        guard let routing = try? Routing() else { return }
        let names = Dictionary(links.map { ($0.index, $0.name) }) { first, _ in first }
        facts.addresses4 = ((try? routing.addresses()) ?? []).compactMap { address in
            guard let name = names[address.link], name != "lo" else { return nil }
            return AddressFacts(address: address.address.description, prefixLength: address.prefixLength, interface: name)
        }
        facts.hasPolicyRules4 = (try? routing.hasPolicyRules(.ipv4)) == true
        facts.hasPolicyRules6 = (try? routing.hasPolicyRules(.ipv6)) == true
        // RT_TABLE_MAIN and RT_TABLE_LOCAL of linux/rtnetlink.h: main is read from /proc, and local holds no networks of others.
        facts.otherRoutes4 = ((try? routing.routes()) ?? []).filter { $0.table != 254 && $0.table != 255 }.map { route in
            RouteFacts(
                destination: route.destination.address.description, prefixLength: route.destination.prefixLength,
                gateway: route.gateway?.description, interface: route.link.flatMap { names[$0] } ?? "table \(route.table)", metric: 0)
        }
    }

    /// Whether the kernel's end of NETLINK_NETFILTER (12) is there: to ask without it would load modules.
    private var hasNetfilter: Bool {
        ((try? FileRoot.live.text("/proc/net/netlink")) ?? "").lines.contains { line in
            let fields = line.fields
            return fields.count > 2 && fields[1] == "12"
        }
    }
}
