import NetworkValues

/// The firewall as nf_tables has it: one table of family inet, as plain data.
///
/// Every rule names our tap or our subnet, so that other traffic is left alone, and every chain's policy is accept. What
/// another table drops stays dropped: an accept ends only the chain in which it is.
struct NftRuleset: Equatable, Sendable {
    let table: String
    private(set) var chains: [NftChain]

    /// The maximum number of rules for forwards in one address family: one for a range that keeps its ports, else one for each port.
    static let forwardLimit = 1024

    init(table: String, chains: [NftChain]) {
        self.table = table
        self.chains = chains
    }

    /// - Throws: as `NATRules.validate()`.
    init(_ rules: NATRules) throws(NetError) {
        try rules.validate()
        table = rules.table
        chains = [
            .base(Self.rawChain, .prerouting, .filter, priority: -300, Self.raw(rules)),
            .base(.prerouting, .nat, priority: -100, Self.prerouting(rules)),
            .base(.output, .nat, priority: -100, Self.output(rules)),
            NftChain(name: Self.forwardsChain, base: nil, rules: Self.forwards(rules)),
            .base(.postrouting, .nat, priority: 100, Self.postrouting(rules)),
            .base(.forward, .filter, priority: 0, Self.forward(rules)),
            .base(.input, .filter, priority: 0, Self.input(rules)),
        ]
        if !rules.allowMetadata { chains.append(NftChain(name: Self.metadataChain, base: nil, rules: Self.metadata(rules))) }
        chains += Self.transit(rules)
    }

    /// The same as a file for `nft -f`, for people and for tests.
    var script: String {
        "table inet \(table) {\n" + chains.map(\.script).joined(separator: "\n\n") + "\n}\n"
    }
}
