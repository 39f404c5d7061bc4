import BootSettings
import Diagnostics
import NetSetup
import NetworkValues

/// The network's steps in order, for one guest.
struct NetworkSteps {
    let plan: NetworkPlan
    let identity: GuestIdentity
    let configuration: Configuration
    let facts: HostFacts
    /// `setup-nat` leaves the tap behind for a QEMU that is started later.
    let persistentTap: Bool

    var steps: [Step] {
        var steps: [Step] = []
        steps += forwarding
        steps.append(.createTap(name: plan.tap, queues: plan.queues, persistent: persistentTap))
        steps += tapSysctls
        steps.append(.addAddress4(name: plan.tap, address: plan.gateway, prefixLength: plan.subnet.prefixLength))
        if let ipv6 = plan.ipv6 {
            steps.append(.addAddress6(name: plan.tap, address: ipv6.gateway, prefixLength: ipv6.network.prefixLength))
        }
        steps.append(.bringUp(name: plan.tap, mac: identity.gatewayMAC, mtu: plan.mtu))
        steps.append(.installFirewall(rules))
        return steps + dnsmasq
    }

    /// Before forwarding is switched on: a router stops listening to router advertisements, and would lose the very
    /// default route that it forwards to, unless accept_ra is 2 (Documentation/networking/ip-sysctl.rst).
    private var forwarding: [Step] {
        var steps: [Step] = []
        for link in plan.ipv6?.advertisedLinks ?? [] {
            steps.append(.writeSysctl(path: "net/ipv6/conf/\(link)/accept_ra", value: "2", optional: false))
        }
        steps.append(.writeSysctl(path: "net/ipv4/ip_forward", value: "1", optional: false))
        if plan.ipv6 != nil { steps.append(.writeSysctl(path: "net/ipv6/conf/all/forwarding", value: "1", optional: false)) }
        return steps
    }

    /// The guest configures nothing here: neither by router advertisement nor, without IPv6 for it, by link-local neighbours.
    private var tapSysctls: [Step] {
        guard facts.network.sysctls["net/ipv6/conf/all/disable_ipv6"] != nil else { return [] }
        let path = "net/ipv6/conf/\(plan.tap)/"
        return plan.ipv6 == nil
            ? [.writeSysctl(path: path + "disable_ipv6", value: "1", optional: true)]
            : [.writeSysctl(path: path + "accept_ra", value: "0", optional: true)]
    }

    /// Refuses what the firewall could not do.
    func check(_ notes: inout PlanNotes) {
        do {
            try rules.validate()
        } catch {
            notes.refuse(.network, error.reason, remedy: "correct network.forwards, network.subnet or network.uplink", exit: .config)
        }
    }

    var rules: NATRules {
        NATRules(
            tap: plan.tap, egress: plan.egress, subnet4: plan.subnet, guest4: plan.guest, subnet6: plan.ipv6?.network,
            guest6: plan.ipv6?.guest, forwards: plan.forwards, allowHost: configuration.network.allowHost,
            allowMetadata: configuration.network.allowMetadata, hasAddressLookup: facts.kernel.hasAddressLookup)
    }

    private var dnsmasq: [Step] {
        guard let binary = facts.files.dnsmasq else { return [] }
        let files = DnsmasqConfiguration.Files(directory: configuration.state.run)
        let text = DnsmasqConfiguration(plan: plan, mac: identity.mac, files: files, user: facts.files.dnsmasqUser).text
        var steps: [Step] = [
            .makeDirectory(path: configuration.state.run, mode: 0o755, owner: nil),
            .writeFile(path: files.configuration, text: text, mode: 0o644),
            .startDnsmasq(binary: binary, configuration: files.configuration, pidFile: files.pid),
        ]
        if facts.process.has(.sysPtrace) { steps.append(.dropDHCPChecksums(pidFile: files.pid)) }
        return steps
    }
}

extension FileFacts {
    /// Accounts for dnsmasq, best first.
    static let dnsmasqAccounts = ["dnsmasq", "nobody"]
    /// dnsmasq refuses to start as an account that does not exist.
    var dnsmasqUser: String { Self.dnsmasqAccounts.first { users[$0] != nil } ?? "root" }
}
