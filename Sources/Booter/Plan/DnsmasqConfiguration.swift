import NetSetup
import NetworkValues

/// dnsmasq's configuration file: DHCP with one fixed lease, DNS from this machine's resolvers, router advertisements.
struct DnsmasqConfiguration: Equatable, Sendable {
    var plan: NetworkPlan
    var mac: MACAddress
    var files: Files
    var user: String

    struct Files: Equatable, Sendable {
        var configuration: String
        var pid: String
        var leases: String

        init(directory: String) {
            configuration = directory + "/dnsmasq.conf"
            pid = directory + "/dnsmasq.pid"
            leases = directory + "/dnsmasq.leases"
        }

        /// The files that go with a configuration file of ours.
        init(beside configuration: String) {
            self.init(directory: String(configuration.dropLast("/dnsmasq.conf".count)))
        }
    }

    var text: String {
        var lines = [
            "interface=\(plan.tap)",
            // Only the tap: another resolver on this machine keeps its sockets.
            "except-interface=lo", "bind-interfaces",
            "user=\(user)", "pid-file=\(files.pid)", "dhcp-leasefile=\(files.leases)",
            // Not /etc/hosts: the guest must not learn this machine's local names.
            "no-hosts", "resolv-file=/etc/resolv.conf", "cache-size=1000",
            // No answers about dnsmasq and its servers (CHAOS class), and no questions about private addresses to those.
            "no-ident", "bogus-priv",
            "dhcp-authoritative", "no-ping",
            // A range of one address for the one known card. As the card's fixed address it would be withheld for ten minutes after a
            // DHCPDECLINE. The firmware and macOS differ in their client identifiers, and must not compete for the lease.
            "dhcp-range=\(plan.guest),\(plan.guest),\(plan.subnet.netmask),12h",
            "dhcp-host=\(mac),macos,12h",
            "dhcp-ignore=tag:!known", "dhcp-ignore-clid",
            "dhcp-option=option:router,\(plan.gateway)", "dhcp-option=option:dns-server,\(plan.gateway)",
            // RFC 2132: 26 is the interface's MTU.
            "dhcp-option=option:mtu,\(plan.mtu)",
        ]
        if let ipv6 = plan.ipv6 {
            lines += [
                "enable-ra",
                // One address by DHCPv6, at which the forwards arrive, and others by the guest's own choice.
                "dhcp-range=\(ipv6.guest),\(ipv6.guest),slaac,\(ipv6.network.prefixLength),12h",
                "dhcp-option=option6:dns-server,[\(ipv6.gateway)]",
                "ra-param=\(plan.tap),mtu:\(plan.mtu),60",
            ]
        }
        return lines.joined(separator: "\n") + "\n"
    }
}
