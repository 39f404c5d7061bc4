import NetworkValues

/// Other firewalls that would drop the guest's packets, each with the command that lets the packets through.
enum ForeignFirewall {
    static func check(_ facts: NetworkFacts, tap: InterfaceName, hasIPv6: Bool, _ notes: inout PlanNotes) {
        for chain in facts.live?.firewalls ?? [] where hasIPv6 || chain.family != "ip6" {
            let effect =
                chain.hook == "input"
                ? "the guest may get no address and no DNS" : "the guest may be cut off from the network"
            notes.warn(
                .network,
                "another firewall, chain \(chain.chain) of table \(chain.family) \(chain.table), drops what it does not allow: \(effect)",
                remedy: remedy(chain, tap))
        }
    }

    private static func remedy(_ chain: FirewallFacts, _ tap: InterfaceName) -> String {
        let isInput = chain.hook == "input"
        if chain.table == "firewalld" {
            return "run: firewall-cmd --permanent --zone=trusted --add-interface=\(tap) && firewall-cmd --reload"
        }
        if chain.chains.contains(where: { $0.hasPrefix("ufw-") || $0.hasPrefix("ufw6-") }) {
            return isInput
                ? "run: ufw allow in on \(tap)" : "run: ufw route allow in on \(tap) && ufw route allow out on \(tap)"
        }
        // The tables and chains that iptables-nft makes.
        if chain.family != "inet", ["FORWARD", "INPUT"].contains(chain.chain) {
            let program = chain.family == "ip6" ? "ip6tables" : "iptables"
            let name = !isInput && chain.chains.contains("DOCKER-USER") ? "DOCKER-USER" : chain.chain
            let rules = ["-I \(name) -i \(tap) -j ACCEPT"] + (isInput ? [] : ["-I \(name) -o \(tap) -j ACCEPT"])
            return "run: " + rules.map { "\(program) \($0)" }.joined(separator: " && ")
        }
        let words = isInput ? ["iifname"] : chain.hook == "postrouting" ? ["oifname"] : ["iifname", "oifname"]
        return "run: "
            + words.map { "nft insert rule \(chain.family) \(chain.table) \(chain.chain) \($0) \(tap) accept" }.joined(separator: " && ")
    }
}
