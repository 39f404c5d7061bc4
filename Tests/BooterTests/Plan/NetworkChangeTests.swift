import NetSetup
import NetworkValues
import Testing

@testable import BootSettings
@testable import Booter

/// What a change of the machine's network changes for a running guest, as steps.
struct NetworkChangeTests {
    private static func network(_ change: (inout NetworkFacts) -> Void) -> NetworkFacts {
        var network = Sample.network
        change(&network)
        return network
    }

    private static func planner(_ configuration: Configuration = Configuration(), _ start: NetworkFacts = Sample.network) -> Planner {
        var facts = Sample.facts
        facts.network = start
        return Planner(configuration: configuration, facts: facts, prepared: true)
    }

    private static func change(
        _ start: NetworkFacts = Sample.network, _ configuration: Configuration = Configuration(), to next: NetworkFacts
    ) throws -> (steps: [Step], words: [String]) {
        let planner = planner(configuration, start)
        let first = try #require(NetworkChange(planner, start))
        let second = try #require(NetworkChange(planner, next, from: first, start: first))
        return (second.steps(from: first), second.description(from: first))
    }

    @Test func nothingChanges() throws {
        let result = try Self.change(to: Sample.network)
        #expect(result.steps.isEmpty && result.words.isEmpty)
        // The steps of the start are those of its plan.
        let first = try #require(NetworkChange(Self.planner(), Sample.network))
        #expect(first.steps == Sample.plan().steps.filter { $0.stage == .network || first.steps.contains($0) })
    }

    @Test func aSmallerMTU() throws {
        let next = Self.network { network in
            network.links.append(Sample.link("wg0", mtu: 1420))
            network.routes4 = [Sample.route("0.0.0.0", 0, "wg0", metric: 50)] + network.routes4
        }
        let result = try Self.change(to: next)
        #expect(result.steps.first == .setMTU(name: .tap0, mtu: 1420))
        #expect(result.steps.contains { if case .startDnsmasq = $0 { true } else { false } })
        #expect(
            result.steps.contains { if case .writeFile(_, let text, _) = $0 { text.contains("1420") } else { false } })
        #expect(!result.steps.contains { if case .createTap = $0 { true } else { false } })
        #expect(
            result.words == [
                "default route by IPv4: wg0, before: eth0", "MTU of the guest's network: 1420, before: 1500",
            ])
    }

    /// A jumbo frame would not reach the guest's card.
    @Test func aLargerMTU() throws {
        let start = Self.network { $0.links[1].mtu = 1400 }
        let result = try Self.change(start, to: Sample.network)
        #expect(result.steps.isEmpty && result.words.isEmpty)
    }

    @Test func otherNameServers() throws {
        let result = try Self.change(to: Self.network { $0.nameservers = ["9.9.9.9"] })
        #expect(result.steps.map(\.title) == ["start /usr/sbin/dnsmasq", "send DHCP without UDP checksums"])
        #expect(result.words == ["name servers: 9.9.9.9, before: 192.168.1.1"])
    }

    /// A router that stays closed where it was closed.
    @Test func anotherUplinkOfARouter() throws {
        let start = Self.network { network in
            network.sysctls["net/ipv4/ip_forward"] = "1"
            network.sysctls["net/ipv4/conf/eth0/forwarding"] = "0"
            network.sysctls["net/ipv4/conf/eth1/forwarding"] = "0"
        }
        let next = Self.network { network in
            network = start
            // What the start has done to it.
            network.sysctls["net/ipv4/conf/eth0/forwarding"] = "1"
            network.routes4 = [Sample.route("0.0.0.0", 0, "eth1")]
        }
        let result = try Self.change(start, to: next)
        let rules = result.steps.compactMap { if case .installFirewall(let rules) = $0 { rules } else { nil } }
        let links = try ["eth0", "eth1"].map { try #require(InterfaceName($0)) }
        #expect(rules.map(\.transit4) == [.closedFrom(links)])
        #expect(result.steps.contains(.writeSysctl(path: "net/ipv4/conf/eth1/forwarding", value: "1", optional: false)))
    }

    /// A link that comes later may overlap the guest's network, whose addresses cannot change any more.
    @Test func aNetworkThatOverlaps() throws {
        let next = Self.network { $0.routes4.append(Sample.route("192.168.254.0", 24, "eth1")) }
        let result = try Self.change(to: next)
        #expect(result.steps.isEmpty)
        #expect(
            result.words == [
                "the route to 192.168.254.0/24 by eth1 overlaps the guest's network: one of the two cannot be reached until the guest is started again"
            ])
    }

    @Test func lateIPv6() throws {
        let next = Self.network {
            $0.routes6 = [RouteFacts(destination: "::", prefixLength: 0, gateway: "fe80::1", interface: "eth0", metric: 1024)]
        }
        let result = try Self.change(to: next)
        let titles = result.steps.map(\.title)
        #expect(titles.first == "sysctl net/ipv6/conf/eth0/accept_ra=2")
        #expect(titles.contains("firewall table inet macos_virt") && titles.contains("sysctl net/ipv6/conf/all/forwarding=1"))
        let off = try #require(titles.firstIndex(of: "sysctl net/ipv6/conf/tap0/disable_ipv6=0"))
        #expect(titles[off + 1].hasPrefix("address fd") && titles.contains("start /usr/sbin/dnsmasq"))
        // It stays when the route goes.
        let planner = Self.planner()
        let first = try #require(NetworkChange(planner, Sample.network))
        let second = try #require(NetworkChange(planner, next, from: first, start: first))
        let third = try #require(NetworkChange(planner, Sample.network, from: second, start: first))
        #expect(third.steps(from: second).isEmpty)
        #expect(third.description(from: second) == ["default route by IPv6: none, before: eth0"])
    }
}
