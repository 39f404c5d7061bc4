import BootSettings
import Diagnostics
import NetSetup
import NetworkValues
import QemuArgs

/// Addresses, links and rules of the guest's network.
struct NetworkPlan: Equatable, Sendable {
    var tap: InterfaceName
    var queues: Int
    var mtu: Int
    var subnet: IPv4Network
    var gateway: IPv4Address
    var guest: IPv4Address
    var ipv6: IPv6Plan?
    /// The only link by which the guest may leave: network.uplink. nil is any.
    var egress: InterfaceName?
    var forwards: [PortForward]
    var forwarding: ForwardingPlan

    struct IPv6Plan: Equatable, Sendable {
        var network: IPv6Network
        var gateway: IPv6Address
        var guest: IPv6Address
        /// Links whose default route came by router advertisement: the kernel ignores advertisements once it forwards, unless accept_ra is 2.
        var advertisedLinks: [String]
    }

    static func choose(
        _ configuration: Configuration, _ facts: HostFacts, identity: GuestIdentity, vcpus: Int, subnet: IPv4Network? = nil,
        _ notes: inout PlanNotes
    ) -> NetworkPlan? {
        guard let subnet = subnet ?? SubnetChoice.choose(configuration, facts, &notes) else { return nil }
        // The bounds of SubnetChoice leave room for both.
        guard let gateway = subnet.host(1), let guest = subnet.host(2) else { return nil }
        let uplink = uplink(configuration, facts, &notes)
        let mtu = mtu(configuration, facts, uplink: uplink, &notes)
        let queues =
            configuration.nicModel == .virtio && configuration.guest.accelerator == .kvm ? min(vcpus, configuration.network.queues) : 1
        if queues > 1 { notes.decide("NIC queues", String(queues), because: "configured") }
        if !facts.kernel.hasAddressLookup, !configuration.network.forwards.isEmpty {
            let reason = "this kernel has no nft_fib, which recognizes its own addresses: the guest does not reach its own forwards"
            notes.decide("forwards", "from all links but \(configuration.network.tap)", because: reason)
        }
        let tap = configuration.network.tap
        if facts.network.live?.tapIsForeign == true {
            notes.refuse(
                .network, "network.tap is \(tap), but another program's interface has this name",
                remedy: "choose another name with network.tap", exit: ExitStatus.config)
        }
        let ipv6 = ipv6(configuration, facts, identity: identity, &notes)
        let forwarding = ForwardingPlan.choose(
            facts.network, egress: configuration.network.uplink, tap: tap, hasIPv6: ipv6 != nil, &notes)
        ForeignFirewall.check(facts.network, tap: tap, hasIPv6: ipv6 != nil, &notes)
        return NetworkPlan(
            tap: tap, queues: queues, mtu: mtu, subnet: subnet, gateway: gateway, guest: guest, ipv6: ipv6,
            egress: configuration.network.uplink, forwards: configuration.network.forwards, forwarding: forwarding)
    }

    private static func uplink(_ configuration: Configuration, _ facts: HostFacts, _ notes: inout PlanNotes) -> String? {
        if let wanted = configuration.network.uplink {
            guard facts.network.links.contains(where: { $0.name == wanted.description }) else {
                notes.refuse(
                    .network, "network.uplink is \(wanted), but this machine has no such interface, only: \(names(facts))",
                    remedy: "name an interface that exists, or leave network.uplink out", exit: ExitStatus.config)
                return nil
            }
            notes.decide("uplink", wanted.description, because: "configured")
            return wanted.description
        }
        let defaults = facts.network.defaultRoutes4
        guard let best = defaults.first ?? facts.network.routes6.first(where: \.isDefault) else {
            notes.warn(
                .network,
                "no default route (interfaces: \(names(facts))): the guest cannot reach the outside",
                remedy: "check this machine's network and DHCP, or raise network.wait; the guest is connected as soon as a route appears")
            notes.decide("uplink", "none", because: "no default route; any that appears later is used")
            return nil
        }
        let others = defaults.dropFirst().map { "\($0.interface) with metric \($0.metric)" }
        let reason = "default route with metric \(best.metric)" + (others.isEmpty ? "" : ", before \(others.joined(separator: ", "))")
        notes.decide("uplink", best.interface, because: reason)
        notes.pass(.network, "the default route leads out of \(best.interface)")
        return best.interface
    }

    private static func names(_ facts: HostFacts) -> String {
        let names = facts.network.links.map(\.name).filter { $0 != "lo" }
        return names.isEmpty ? "none" : names.joined(separator: ", ")
    }

    /// The uplink's when it is smaller than Ethernet's (1460 on Google's cloud); never a jumbo frame by itself,
    /// since macOS's drivers were only tried with Ethernet's.
    private static func mtu(_ configuration: Configuration, _ facts: HostFacts, uplink: String?, _ notes: inout PlanNotes) -> Int {
        if let mtu = configuration.network.mtu {
            notes.decide("MTU", String(mtu), because: "configured")
            return mtu
        }
        guard let link = facts.network.links.first(where: { $0.name == uplink }), link.mtu >= 576 else {
            notes.decide("MTU", "1500", because: "no uplink to take it from")
            return 1500
        }
        let mtu = max(1280, min(link.mtu, 1500))
        let reason =
            link.mtu > mtu
            ? "\(link.name) has \(link.mtu), Ethernet's 1500 is enough"
            : link.mtu < mtu ? "\(link.name) has \(link.mtu), and 1280 is the least that IPv6 allows" : "as \(link.name)"
        notes.decide("MTU", String(mtu), because: reason)
        return mtu
    }

    private static func ipv6(
        _ configuration: Configuration, _ facts: HostFacts, identity: GuestIdentity, _ notes: inout PlanNotes
    ) -> IPv6Plan? {
        let defaults = facts.network.routes6.filter(\.isDefault)
        switch configuration.network.ipv6 {
        case .off:
            notes.decide("IPv6", "off", because: "configured")
            return nil
        case .auto where defaults.isEmpty:
            notes.decide("IPv6", "off", because: "the uplink has none")
            return nil
        case .auto, .on: break
        }
        guard facts.network.sysctls["net/ipv6/conf/all/disable_ipv6"] == "0" else {
            if configuration.network.ipv6 == .on {
                notes.warn(
                    .network, "network.ipv6 is on, but this kernel has IPv6 switched off", remedy: "set net.ipv6.conf.all.disable_ipv6=0")
            }
            notes.decide("IPv6", "off", because: "the kernel has it switched off")
            return nil
        }
        if configuration.network.ipv6 == .auto, facts.network.live?.sysctlsAreReadOnly == true,
            facts.network.sysctls["net/ipv6/conf/all/forwarding"] != "1"
        {
            notes.warn(
                .network, "/proc/sys is read-only, so IPv6 forwarding cannot be enabled: the guest has IPv4 only",
                remedy: "set net.ipv6.conf.all.forwarding=1 outside the container")
            notes.decide("IPv6", "off", because: "/proc/sys is read-only")
            return nil
        }
        guard let gateway = identity.prefix6.host(1), let guest = identity.prefix6.host(2) else { return nil }
        notes.decide("IPv6", identity.prefix6.description, because: "unique local prefix of this machine, masqueraded")
        let advertised = Set(defaults.map(\.interface)).filter { facts.network.sysctls["net/ipv6/conf/\($0)/accept_ra"] == "1" }
        return IPv6Plan(network: identity.prefix6, gateway: gateway, guest: guest, advertisedLinks: advertised.sorted())
    }
}

extension NetworkFacts {
    /// Lowest metric first.
    var defaultRoutes4: [RouteFacts] { routes4.filter(\.isDefault) }
}

extension Configuration {
    /// virtio-net from Big Sur on: Catalina's driver loses packets (macos-qemu notes, F; Docker-OSX#357).
    var nicModel: NICModel { network.nic ?? (guest.macOS >= .bigSur ? .virtio : .vmxnet3) }
}
