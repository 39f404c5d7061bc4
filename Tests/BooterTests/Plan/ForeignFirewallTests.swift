import NetworkValues
import Testing

@testable import BootSettings
@testable import Booter

struct ForeignFirewallTests {
    struct Case: Sendable {
        var chain: FirewallFacts
        var remedy: String
    }

    private static func chain(_ family: String, _ table: String, _ chain: String, _ hook: String, _ chains: [String] = []) -> FirewallFacts
    {
        FirewallFacts(family: family, table: table, chain: chain, hook: hook, chains: chains + [chain])
    }

    @Test(arguments: [
        Case(
            chain: chain("ip", "filter", "FORWARD", "forward", ["DOCKER-USER"]),
            remedy: "run: iptables -I DOCKER-USER -i tap0 -j ACCEPT && iptables -I DOCKER-USER -o tap0 -j ACCEPT"),
        Case(
            chain: chain("ip6", "filter", "FORWARD", "forward"),
            remedy: "run: ip6tables -I FORWARD -i tap0 -j ACCEPT && ip6tables -I FORWARD -o tap0 -j ACCEPT"),
        Case(chain: chain("ip", "filter", "INPUT", "input"), remedy: "run: iptables -I INPUT -i tap0 -j ACCEPT"),
        Case(
            chain: chain("inet", "firewalld", "filter_FORWARD", "forward"),
            remedy: "run: firewall-cmd --permanent --zone=trusted --add-interface=tap0 && firewall-cmd --reload"),
        Case(
            chain: chain("ip", "filter", "FORWARD", "forward", ["ufw-before-forward"]),
            remedy: "run: ufw route allow in on tap0 && ufw route allow out on tap0"),
        Case(chain: chain("ip", "filter", "INPUT", "input", ["ufw-before-input"]), remedy: "run: ufw allow in on tap0"),
        Case(
            chain: chain("inet", "nixos-fw", "input", "input"), remedy: "run: nft insert rule inet nixos-fw input iifname tap0 accept"),
        Case(
            chain: chain("inet", "mine", "fwd", "forward"),
            remedy: "run: nft insert rule inet mine fwd iifname tap0 accept && nft insert rule inet mine fwd oifname tap0 accept"),
    ])
    func theRemedyIsInTheFirewallsWords(_ example: Case) {
        var facts = Sample.facts.network
        facts.live = LiveNetworkFacts(firewalls: [example.chain])
        let (_, notes) = Sample.notes { ForeignFirewall.check(facts, tap: .tap0, hasIPv6: true, &$0) }
        #expect(notes.findings.map(\.remedy) == [example.remedy])
        let words = "another firewall, chain \(example.chain.chain) of table \(example.chain.family) \(example.chain.table), drops"
        #expect(notes.warnings.first?.hasPrefix(words) == true)
    }

    @Test func ipv6RulesDoNotMatterWithoutIPv6() {
        var facts = Sample.facts.network
        facts.live = LiveNetworkFacts(firewalls: [Self.chain("ip6", "filter", "FORWARD", "forward")])
        let (_, notes) = Sample.notes { ForeignFirewall.check(facts, tap: .tap0, hasIPv6: false, &$0) }
        #expect(notes.findings.isEmpty)
    }
}
