import NetSetup
import NetworkValues

/// dnsmasq's configuration file: DHCP with one fixed lease, DNS by this machine's resolvers, router advertisements.
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
            // Only the tap, so that a resolver that this machine runs itself keeps its sockets.
            "except-interface=lo", "bind-interfaces",
            "user=\(user)", "pid-file=\(files.pid)", "dhcp-leasefile=\(files.leases)",
            // The guest learns nothing of this machine's own names.
            "no-hosts", "resolv-file=/etc/resolv.conf", "cache-size=1000",
            "dhcp-authoritative", "no-ping",
            "dhcp-range=\(plan.guest),static,\(plan.subnet.netmask),12h",
            "dhcp-host=\(mac),\(plan.guest)\(plan.ipv6.map { ",[\($0.guest)]" } ?? ""),macos,12h",
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
