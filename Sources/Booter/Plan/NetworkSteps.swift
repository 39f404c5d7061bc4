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
    /// `setup-nat` keeps the tap for a QEMU that is started later.
    let persistentTap: Bool

    var steps: [Step] {
        var steps: [Step] = []
        steps += routerAdvertisements
        // The rules name links, not numbers: they are in force before anything is forwarded, and before the tap exists.
        steps.append(.installFirewall(rules))
        steps += forwarding
        steps += policyRules
        steps.append(.createTap(name: plan.tap, queues: plan.queues, persistent: persistentTap))
        steps += tapSysctls
        steps.append(.addAddress4(name: plan.tap, address: plan.gateway, prefixLength: plan.subnet.prefixLength))
        if let ipv6 = plan.ipv6 {
            steps.append(.addAddress6(name: plan.tap, address: ipv6.gateway, prefixLength: ipv6.network.prefixLength))
        }
        steps.append(.bringUp(name: plan.tap, mac: identity.gatewayMAC, mtu: plan.mtu))
        return steps + dnsmasq
    }

    /// Before forwarding is enabled: a router ignores router advertisements, and would lose the very
    /// default route that it forwards to, unless accept_ra is 2 (Documentation/networking/ip-sysctl.rst).
    private var routerAdvertisements: [Step] {
        (plan.ipv6?.advertisedLinks ?? []).map { .writeSysctl(path: "net/ipv6/conf/\($0)/accept_ra", value: "2", optional: false) }
    }

    /// A VPN's table must not claim the guest's networks, as one with a default route of its own would.
    private var policyRules: [Step] {
        var steps: [Step] = []
        if facts.network.live?.hasPolicyRules4 == true { steps.append(.addRule4(plan.subnet)) }
        if let ipv6 = plan.ipv6, facts.network.live?.hasPolicyRules6 == true { steps.append(.addRule6(ipv6.network)) }
        return steps
    }

    private var forwarding: [Step] {
        var paths = plan.forwarding.isGlobal ? ["net/ipv4/ip_forward"] : []
        paths += plan.forwarding.links.map { "net/ipv4/conf/\($0)/forwarding" }
        if plan.ipv6 != nil { paths.append("net/ipv6/conf/all/forwarding") }
        return paths.map { .writeSysctl(path: $0, value: "1", optional: false) }
    }

    /// The guest must not configure this machine: no router advertisements are accepted, and without IPv6 for it there is none.
    private var tapSysctls: [Step] {
        // A new link takes its value from `default`, which may differ from ip_forward.
        [.writeSysctl(path: "net/ipv4/conf/\(plan.tap)/forwarding", value: "1", optional: false)] + ipv6Sysctls
    }

    private var ipv6Sysctls: [Step] {
        guard facts.network.sysctls["net/ipv6/conf/all/disable_ipv6"] != nil else { return [] }
        let path = "net/ipv6/conf/\(plan.tap)/"
        return plan.ipv6 == nil
            ? [.writeSysctl(path: path + "disable_ipv6", value: "1", optional: true)]
            : [.writeSysctl(path: path + "accept_ra", value: "0", optional: true)]
    }

    /// Refuses rules that the firewall could not install.
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
            guest6: plan.ipv6?.guest, gateway4: plan.gateway, gateway6: plan.ipv6?.gateway, forwards: plan.forwards,
            allowHost: configuration.network.allowHost,
            allowMetadata: configuration.network.allowMetadata, hasAddressLookup: facts.kernel.hasAddressLookup,
            transit4: plan.forwarding.transit4, transit6: plan.forwarding.transit6)
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
