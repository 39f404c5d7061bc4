import NetSetup
import NetworkValues
import QemuArgs
import Testing

@testable import BootSettings
@testable import Booter

struct SubnetChoiceTests {
    private func choose(_ routes: [RouteFacts], nameservers: [String] = [], wanted: String? = nil) -> (subnet: String?, notes: PlanNotes) {
        var facts = Sample.facts
        facts.network.routes4 = routes
        facts.network.nameservers = nameservers
        let configuration = Configuration.with { $0.network.subnet = wanted.flatMap { IPv4Network($0) } }
        let (subnet, notes) = Sample.notes { SubnetChoice.choose(configuration, facts, &$0) }
        return (subnet?.description, notes)
    }

    @Test func theDefault() {
        let (subnet, notes) = choose([Sample.route("0.0.0.0", 0, "eth0"), Sample.route("192.168.1.0", 24, "eth0")])
        #expect(subnet == "192.168.254.0/24" && notes.reason("subnet") == "the default, and no route overlaps it")
    }

    @Test(arguments: [
        (["192.168.254.0/24"], "192.168.253.0/24"), (["192.168.254.128/25"], "192.168.253.0/24"),
        (["192.168.254.1/32"], "192.168.253.0/24"),
        (["192.168.252.0/22"], "192.168.251.0/24"), (["192.168.0.0/16"], "172.31.254.0/24"),
        (["192.168.0.0/16", "172.16.0.0/12"], "10.254.254.0/24"),
    ])
    func movesAside(routes: [String], expected: String) {
        let facts = routes.map { text -> RouteFacts in
            let parts = text.split(separator: "/")
            return Sample.route(String(parts[0]), Int(parts[1]) ?? 0, "eth7")
        }
        let (subnet, notes) = choose(facts)
        #expect(subnet == expected)
        #expect(notes.reason("subnet") == "192.168.254.0/24 overlaps the route to \(routes[0]) by eth7")
    }

    @Test func everythingTakenIsRefused() {
        let taken =
            (200...254).map { "192.168.\($0).0" } + (16...31).map { "172.\($0).254.0" } + (0...254).map { "10.\($0).254.0" }
        let (subnet, notes) = choose(taken.map { Sample.route($0, 24, "a") })
        #expect(subnet == nil && notes.refusal?.exitCode == 78 && notes.refusal?.remedy == "set network.subnet")
    }

    /// As VPNs replace the default route.
    @Test(arguments: [["0.0.0.0/1", "128.0.0.0/1"], ["0.0.0.0/2", "64.0.0.0/2", "128.0.0.0/2", "192.0.0.0/2"]])
    func aDefaultRouteInPartsDoesNoHarm(_ routes: [String]) {
        let facts = routes.map { text -> RouteFacts in
            let parts = text.split(separator: "/")
            return Sample.route(String(parts[0]), Int(parts[1]) ?? 0, "tun0")
        }
        let (subnet, notes) = choose(facts)
        #expect(subnet == "192.168.254.0/24" && notes.warnings.isEmpty)
        #expect(choose(facts, wanted: "192.168.77.0/24").subnet == "192.168.77.0/24")
    }

    @Test func aPartOfALargerNetworkIsTheLastResort() {
        let (subnet, notes) = choose([
            Sample.route("10.0.0.0", 8, "eth1"), Sample.route("172.16.0.0", 12, "eth1"), Sample.route("192.168.0.0", 16, "eth1"),
            Sample.route("192.168.254.0", 24, "eth1"),
        ])
        #expect(subnet == "192.168.253.0/24" && notes.refusal == nil)
        #expect(notes.warnings.first?.hasPrefix("the guest's network 192.168.253.0/24 lies within the route to 192.168.0.0/16") == true)
    }

    @Test func whatOnlyTheKernelKnowsIsKeptReachable() {
        func choose(_ change: (inout NetworkFacts) -> Void) -> String? {
            var facts = Sample.facts
            facts.network.live = LiveNetworkFacts()
            change(&facts.network)
            return Sample.notes { SubnetChoice.choose(Configuration(), facts, &$0) }.0?.description
        }
        #expect(choose { _ in } == "192.168.254.0/24")
        // An own address of /32, as on Google's cloud and under Calico.
        let own = { AddressFacts(address: "192.168.254.7", prefixLength: 32, interface: $0) }
        #expect(choose { $0.live?.addresses4 = [own("eth0")] } == "192.168.253.0/24")
        #expect(choose { $0.live?.addresses4 = [own("tap0")] } == "192.168.254.0/24")
        // A VPN's table, which a policy rule leads to.
        #expect(choose { $0.live?.otherRoutes4 = [Sample.route("192.168.254.0", 24, "ts0")] } == "192.168.253.0/24")
        // A gateway outside of the link's network.
        #expect(choose { $0.routes4[0].gateway = "192.168.254.1" } == "192.168.253.0/24")
    }

    @Test func theTapOfAnEarlierRunDoesNotCount() {
        #expect(choose([Sample.route("192.168.254.0", 24, "tap0")]).subnet == "192.168.254.0/24")
        #expect(choose([Sample.route("192.168.254.0", 24, "tap1")]).subnet == "192.168.253.0/24")
    }

    @Test func aResolverBehindTheDefaultRouteIsKeptInSight() {
        let (subnet, notes) = choose([], nameservers: ["192.168.254.53", "fec0::3"])
        #expect(subnet == "192.168.253.0/24")
        #expect(notes.reason("subnet") == "192.168.254.0/24 overlaps the resolver 192.168.254.53")
    }

    @Test func configured() {
        #expect(choose([Sample.route("10.0.0.0", 8, "eth0")], wanted: "172.20.0.0/16").subnet == "172.20.0.0/16")
        let (subnet, notes) = choose([Sample.route("10.0.0.0", 8, "eth0")], wanted: "10.1.0.0/24")
        #expect(subnet == nil && notes.refusal?.exitCode == 78)
        #expect(notes.refusal?.message == "network.subnet is 10.1.0.0/24, which overlaps the route to 10.0.0.0/8 by eth0")
    }
}

struct NetworkPlanTests {
    private func choose(
        _ configuration: Configuration = Configuration(), vcpus: Int = 4, _ change: (inout NetworkFacts) -> Void = { _ in }
    ) -> (plan: NetworkPlan?, notes: PlanNotes) {
        var facts = Sample.facts
        change(&facts.network)
        let (plan, notes) = Sample.notes { notes in
            let identity = GuestIdentity.choose(configuration, facts, &notes)
            return NetworkPlan.choose(configuration, facts, identity: identity, vcpus: vcpus, &notes)
        }
        return (plan, notes)
    }

    @Test func theLowestMetricLeadsOut() {
        let (plan, notes) = choose {
            $0.routes4 = [Sample.route("0.0.0.0", 0, "eth1", metric: 50), Sample.route("0.0.0.0", 0, "eth0", metric: 100)]
            $0.links[2].mtu = 1400
        }
        #expect(notes.reason("uplink") == "default route with metric 50, before eth0 with metric 100")
        #expect(notes.decisions.contains { $0.name == "uplink" && $0.value == "eth1" })
        // The routing table decides, packet by packet, unless the user does.
        #expect(plan?.egress == nil && plan?.mtu == 1400)
    }

    @Test func theConfiguredUplinkIsTaken() {
        let (plan, notes) = choose(.with { $0.network.uplink = InterfaceName("eth1") })
        #expect(plan?.egress?.description == "eth1" && notes.findings.isEmpty)
        let wrong = choose(.with { $0.network.uplink = InterfaceName("eth9") })
        #expect(wrong.notes.refusal?.message == "network.uplink is eth9, but this machine has no such interface, only: eth0, eth1")
        #expect(wrong.notes.refusal?.exitCode == 78)
    }

    @Test func noDefaultRouteIsAWarning() {
        let (plan, notes) = choose { $0.routes4.removeFirst() }
        #expect(plan != nil && notes.refusal == nil)
        #expect(notes.warnings == ["no default route (interfaces: eth0, eth1): the guest cannot reach the outside"])
        #expect(
            choose { $0 = NetworkFacts(links: [], routes4: [], routes6: [], nameservers: [], sysctls: [:]) }.notes.warnings.first?
                .contains("(interfaces: none)") == true)
    }

    @Test func anIPv6OnlyMachineHasAnUplink() {
        let (plan, notes) = choose {
            $0.routes4 = []
            $0.routes6 = [Sample.route("::", 0, "eth0", metric: 1024)]
        }
        #expect(notes.decisions.contains { $0.name == "uplink" && $0.value == "eth0" })
        #expect(plan?.ipv6 != nil)
    }

    @Test(arguments: [
        (1460, 1460, "as eth0"), (1500, 1500, "as eth0"), (9000, 1500, "eth0 has 9000, Ethernet's 1500 is enough"),
        (1000, 1280, "eth0 has 1000, and 1280 is the least that IPv6 allows"), (100, 1500, "no uplink to take it from"),
    ])
    func mtu(link: Int, mtu: Int, reason: String) {
        let (plan, notes) = choose { $0.links[1].mtu = link }
        #expect(plan?.mtu == mtu && notes.reason("MTU") == reason)
        #expect(choose(.with { $0.network.mtu = 1300 }) { $0.links[1].mtu = link }.plan?.mtu == 1300)
    }

    /// One, unless more are asked for: more than vCPUs are never of use.
    @Test(arguments: [(1, 1), (2, 2), (8, 8), (64, 8)])
    func queues(vcpus: Int, queues: Int) {
        func configured(_ change: (inout Configuration) -> Void = { _ in }) -> Int? {
            let configuration = Configuration.with {
                $0.network.queues = 8
                change(&$0)
            }
            return choose(configuration, vcpus: vcpus).plan?.queues
        }
        #expect(choose(vcpus: vcpus).plan?.queues == 1)
        #expect(configured() == queues)
        #expect(configured { $0.network.nic = .vmxnet3 } == 1)
        #expect(configured { $0.guest.accelerator = .tcg } == 1)
    }

    @Test(arguments: [(MacOSRelease.catalina, NICModel.vmxnet3), (.bigSur, .virtio), (.tahoe, .virtio)])
    func nicByRelease(release: MacOSRelease, nic: NICModel) {
        #expect(Configuration.with { $0.guest.macOS = release }.nicModel == nic)
        #expect(
            Configuration.with {
                $0.guest.macOS = release
                $0.network.nic = .e1000
            }.nicModel == .e1000)
    }

    @Test func aForeignInterfaceIsNotTouched() {
        let (_, notes) = choose { $0.live = LiveNetworkFacts(tapIsForeign: true) }
        #expect(notes.refusal?.message == "network.tap is tap0, but another program's interface has this name")
        #expect(notes.refusal?.exitCode == 78)
    }

    /// In a pod with IPv4 and IPv6.
    @Test func readOnlySysctlsLeaveIPv6Off() {
        let change = { (facts: inout NetworkFacts) in
            facts.routes6 = [Sample.route("::", 0, "eth0")]
            facts.live = LiveNetworkFacts(sysctlsAreReadOnly: true)
        }
        let (plan, notes) = choose(Configuration(), change)
        #expect(plan != nil && plan?.ipv6 == nil && notes.refusal == nil)
        #expect(notes.warnings == ["/proc/sys is read-only, so IPv6 forwarding cannot be enabled: the guest has IPv4 only"])
        #expect(choose(.with { $0.network.ipv6 = .on }, change).plan?.ipv6 != nil, "as configured")
        let forwarding = choose {
            change(&$0)
            $0.sysctls["net/ipv6/conf/all/forwarding"] = "1"
        }
        #expect(forwarding.plan?.ipv6 != nil && forwarding.notes.warnings.isEmpty)
    }

    @Test func ipv6FollowsTheUplink() {
        #expect(choose().plan?.ipv6 == nil && choose().notes.reason("IPv6") == "the uplink has none")
        let with = { (facts: inout NetworkFacts) in facts.routes6 = [Sample.route("::", 0, "eth0")] }
        let plan = choose(Configuration(), with).plan?.ipv6
        #expect(plan?.network.description.hasPrefix("fd") == true && plan?.network.prefixLength == 64)
        #expect(plan?.gateway.description.hasSuffix("::1") == true && plan?.guest.description.hasSuffix("::2") == true)
        #expect(plan?.advertisedLinks == ["eth0"])
        #expect(choose(.with { $0.network.ipv6 = .off }, with).plan?.ipv6 == nil)
        #expect(choose(.with { $0.network.ipv6 = .on }).plan?.ipv6 != nil)
        let disabled = choose(.with { $0.network.ipv6 = .on }) { $0.sysctls["net/ipv6/conf/all/disable_ipv6"] = "1" }
        #expect(disabled.plan?.ipv6 == nil)
        #expect(disabled.notes.warnings == ["network.ipv6 is on, but this kernel has IPv6 switched off"])
    }
}

struct NetworkStepsTests {
    private func steps(persistent: Bool = false, _ change: (inout HostFacts) -> Void = { _ in }) -> [Step] {
        var facts = Sample.facts
        change(&facts)
        return Planner(configuration: Configuration(), facts: facts, prepared: true, persistentTap: persistent).plan().steps
    }
    private func sysctls(_ steps: [Step]) -> [String] {
        steps.compactMap { if case .writeSysctl(let path, let value, _) = $0 { path + "=" + value } else { nil } }
    }

    /// A router ignores router advertisements: the other order would lose the uplink's default route for a moment, or for good.
    @Test func acceptRAIsSetBeforeForwarding() {
        let steps = steps { $0.network.routes6 = [Sample.route("::", 0, "eth0")] }
        #expect(
            sysctls(steps) == [
                "net/ipv6/conf/eth0/accept_ra=2", "net/ipv4/ip_forward=1", "net/ipv6/conf/all/forwarding=1",
                "net/ipv4/conf/tap0/forwarding=1", "net/ipv6/conf/tap0/accept_ra=0",
            ])
        // A static route, or one that was told already, needs nothing.
        let told = self.steps {
            $0.network.routes6 = [Sample.route("::", 0, "eth0")]
            $0.network.sysctls["net/ipv6/conf/eth0/accept_ra"] = "2"
        }
        #expect(!sysctls(told).contains { $0.hasPrefix("net/ipv6/conf/eth0/") })
    }

    @Test func withoutIPv6TheTapHasNone() {
        #expect(sysctls(steps()) == ["net/ipv4/ip_forward=1", "net/ipv4/conf/tap0/forwarding=1", "net/ipv6/conf/tap0/disable_ipv6=1"])
        #expect(sysctls(steps { $0.network.sysctls = [:] }) == ["net/ipv4/ip_forward=1", "net/ipv4/conf/tap0/forwarding=1"])
    }

    @Test func theOrderIsTheOneThatWorks() throws {
        let kinds = steps().map { $0.title.split(separator: " ").prefix(2).joined(separator: " ") }
        let wanted = [
            // The firewall is in force before anything is forwarded.
            "firewall table", "sysctl net/ipv4/ip_forward=1", "create tap0,", "address 192.168.254.1/24", "bring up",
            "start /usr/sbin/dnsmasq", "claim /dev/sdb",
        ]
        let places = wanted.map { kinds.firstIndex(of: $0) }
        #expect(places.allSatisfy { $0 != nil } && places.compactMap(\.self) == places.compactMap(\.self).sorted(), "\(kinds)")
    }

    @Test func aTapForLaterStays() {
        func isPersistent(_ steps: [Step]) -> Bool? {
            steps.compactMap { if case .createTap(_, _, let persistent) = $0 { persistent } else { nil } }.first
        }
        #expect(isPersistent(steps()) == false && isPersistent(steps(persistent: true)) == true)
    }

    @Test func checksumsAreDroppedOnlyWithTheCapability() {
        func drops(_ steps: [Step]) -> Bool { steps.contains { if case .dropDHCPChecksums = $0 { true } else { false } } }
        #expect(drops(steps()))
        let without = steps { $0.process.effectiveCapabilities &= ~(1 << 19) }
        #expect(!drops(without))
        #expect(
            Sample.plan { $0.process.effectiveCapabilities &= ~(1 << 19) }.qemu?.argv.contains { $0.contains("guest_csum=off") } == true)
    }
}
