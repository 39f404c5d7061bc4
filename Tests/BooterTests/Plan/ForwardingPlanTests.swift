import NetSetup
import NetworkValues
import Testing

@testable import BootSettings
@testable import Booter

struct ForwardingPlanTests {
    private func choose(
        _ sysctls: [String: String], chains: [TransitChain] = [], ipv6: Bool = false, egress: InterfaceName? = nil
    ) -> (plan: ForwardingPlan, notes: PlanNotes) {
        var facts = Sample.facts.network
        facts.sysctls = sysctls
        facts.live = LiveNetworkFacts(transitChains: chains.map(\.rawValue))
        return Sample.notes { ForwardingPlan.choose(facts, egress: egress, tap: .tap0, hasIPv6: ipv6, &$0) }
    }

    private static let all = "net/ipv4/ip_forward"
    private static let eth0 = "net/ipv4/conf/eth0/forwarding"
    private static let eth1 = "net/ipv4/conf/eth1/forwarding"
    private static let all6 = "net/ipv6/conf/all/forwarding"

    @Test func aMachineThatWasNoRouterForwardsForTheGuestAlone() {
        let (plan, notes) = choose([Self.all: "0", Self.eth0: "0", Self.eth1: "0", Self.all6: "0"], ipv6: true)
        #expect(plan == ForwardingPlan(transit4: .closed, transit6: .closed, links: [], isGlobal: true))
        #expect(notes.decisions.map(\.value) == ["from and to tap0 only"])
    }

    @Test func aRouterStaysOne() {
        let (plan, notes) = choose([Self.all: "1", Self.eth0: "1", Self.eth1: "1", Self.all6: "1"], ipv6: true)
        #expect(plan == ForwardingPlan(transit4: .unrestricted, transit6: .unrestricted, links: [], isGlobal: true))
        #expect(notes.decisions.map(\.value) == ["as before"])
    }

    /// The kernel passes on a change of ip_forward only.
    @Test func aLinkThatDoesNotForwardIsSwitchedOn() throws {
        let eth0 = try #require(InterfaceName("eth0"))
        let eth1 = try #require(InterfaceName("eth1"))
        let (plan, notes) = choose([Self.all: "1", Self.eth0: "0", Self.eth1: "1"])
        #expect(plan == ForwardingPlan(transit4: .closedFrom([eth0]), transit6: .unrestricted, links: [eth0], isGlobal: true))
        #expect(notes.decisions.map(\.value) == ["as before, and from eth0 to tap0 only"])
        let other = choose([Self.all: "1", Self.eth0: "0", Self.eth1: "0"], egress: eth1).plan
        #expect(other.links == [eth1] && other.transit4 == .closedFrom([eth1]))
    }

    @Test func whereSomeLinksForwardedTheOthersDoNotBegin() throws {
        let eth0 = try #require(InterfaceName("eth0"))
        let plan = choose([Self.all: "0", Self.eth0: "0", Self.eth1: "1"]).plan
        #expect(plan == ForwardingPlan(transit4: .closedFrom([eth0]), transit6: .unrestricted, links: [eth0], isGlobal: false))
    }

    /// What an earlier run switched on does not count as the machine's own.
    @Test func theNextRunKnowsWhatWasBefore() throws {
        let eth0 = try #require(InterfaceName("eth0"))
        let on = [Self.all: "1", Self.eth0: "1", Self.eth1: "1", Self.all6: "1"]
        #expect(choose(on, chains: [.closed4, .closed6], ipv6: true).plan == ForwardingPlan(transit4: .closed, transit6: .closed))
        #expect(choose(on, chains: [.closed4, .closed6]).plan.transit6 == .closed, "forwarding is still on")
        #expect(choose(on, chains: [.links4]).plan.transit4 == .closedFrom([eth0]))
    }
}
