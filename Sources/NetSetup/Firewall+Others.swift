import CNetlink
public import NetworkValues

/// What the machine's other firewalls do, as `nft list ruleset` shows it.
extension Firewall {
    /// A base chain of another table that drops what it does not allow, and has no rule for our tap.
    public struct ForeignDrop: Equatable, Sendable {
        /// inet, ip or ip6.
        public var family: String
        public var table: String
        public var chain: String
        /// forward, input or postrouting.
        public var hook: String
        /// The names of the table's other chains, by which a firewall is recognized.
        public var chains: [String]
    }

    public struct Others: Equatable, Sendable {
        public var drops: [ForeignDrop]
        /// The chains of our own table that keep the machine from forwarding for others.
        public var transit: [TransitChain]
    }

    /// Reads the other tables' base chains, and the rules of those that filter what the guest sends or receives.
    public func others(table own: String, tap: InterfaceName) throws(NetError) -> Others {
        let chains = try list(NFT_MSG_GETCHAIN, family: 0) { _ in }.compactMap { Chain($0) }
        let transit = TransitChain.allCases.filter { chain in
            chains.contains { $0.family == UInt8(NFPROTO_INET) && $0.table == own && $0.name == chain.rawValue }
        }
        var drops: [ForeignDrop] = []
        var rules: [TableKey: [Rule]] = [:]
        for chain in chains where chain.table != own || chain.family != UInt8(NFPROTO_INET) {
            guard let hook = chain.filteringHook, let family = chain.familyName else { continue }
            let key = TableKey(family: chain.family, name: chain.table)
            if rules[key] == nil { rules[key] = try self.rules(key) }
            let all = rules[key] ?? []
            let last = all.last { $0.chain == chain.name }
            guard chain.drops || last?.dropsAll == true, !all.contains(where: { $0.names(tap) }) else { continue }
            drops.append(
                ForeignDrop(
                    family: family, table: chain.table, chain: chain.name, hook: hook,
                    chains: chains.filter { $0.table == chain.table && $0.family == chain.family }.map(\.name)))
        }
        return Others(drops: drops, transit: transit)
    }

    private struct TableKey: Hashable {
        let family: UInt8
        let name: String
    }

    private func rules(_ table: TableKey) throws(NetError) -> [Rule] {
        try list(NFT_MSG_GETRULE, family: table.family) { (message) throws(NetError) in
            try message.put(NFTA_RULE_TABLE, table.name)
        }.map { Rule($0) }
    }

    private func list(
        _ type: nf_tables_msg_types, family: UInt8, _ body: (borrowing NetlinkMessage) throws(NetError) -> Void
    ) throws(NetError) -> [NetlinkObject] {
        let number = UInt16(NFNL_SUBSYS_NFTABLES) << 8 | UInt16(truncatingIfNeeded: type.rawValue)
        let message = try NetlinkMessage(type: number, flags: UInt16(NLM_F_REQUEST | NLM_F_DUMP), sequence: 0)
        try message.append([family, 0, 0, 0])
        try body(message)
        return try socket.dump(message.bytes, "list", "firewall")
    }

    private struct Chain {
        var family: UInt8
        var table: String
        var name: String
        var hook: UInt32?
        var type: String
        var drops: Bool

        init?(_ object: NetlinkObject) {
            let attributes = object.attributes(after: 4)
            guard let family = object.payload.first, let table = attributes.first(NFTA_CHAIN_TABLE)?.text,
                let name = attributes.first(NFTA_CHAIN_NAME)?.text
            else { return nil }
            self.family = family
            self.table = table
            self.name = name
            hook = attributes.first(NFTA_CHAIN_HOOK)?.nested.first(NFTA_HOOK_HOOKNUM)?.number
            type = attributes.first(NFTA_CHAIN_TYPE)?.text ?? ""
            // NF_DROP of linux/netfilter.h
            drops = attributes.first(NFTA_CHAIN_POLICY)?.number == 0
        }

        /// nil for a chain that the guest's packets do not pass, or that cannot drop.
        var filteringHook: String? {
            guard type == "filter" else { return nil }
            switch hook {
            case NftChain.Hook.forward.rawValue: return NftChain.Hook.forward.name
            case NftChain.Hook.input.rawValue: return NftChain.Hook.input.name
            case NftChain.Hook.postrouting.rawValue: return NftChain.Hook.postrouting.name
            default: return nil
            }
        }

        var familyName: String? {
            switch Int32(family) {
            case Int32(NFPROTO_INET): "inet"
            case Int32(NFPROTO_IPV4): "ip"
            case Int32(NFPROTO_IPV6): "ip6"
            default: nil
            }
        }
    }

    private struct Rule {
        var chain: String
        private var expressions: [[NetlinkAttribute]]

        init(_ object: NetlinkObject) {
            let attributes = object.attributes(after: 4)
            chain = attributes.first(NFTA_RULE_CHAIN)?.text ?? ""
            expressions = (attributes.first(NFTA_RULE_EXPRESSIONS)?.nested ?? []).map(\.nested)
        }

        private static func name(_ expression: [NetlinkAttribute]) -> String { expression.first(NFTA_EXPR_NAME)?.text ?? "" }

        /// A rule without conditions whose verdict is drop or reject.
        var dropsAll: Bool {
            var drops = false
            for expression in expressions {
                switch Self.name(expression) {
                case "counter", "log": continue
                case "reject": drops = true
                case "immediate":
                    let verdict = expression.first(NFTA_EXPR_DATA)?.nested.first(NFTA_IMMEDIATE_DATA)?.nested.first(NFTA_DATA_VERDICT)
                    guard verdict?.nested.first(NFTA_VERDICT_CODE)?.number == 0 else { return false }
                    drops = true
                default: return false
                }
            }
            return drops
        }

        /// Whether it compares an interface's name with the tap's.
        func names(_ tap: InterfaceName) -> Bool {
            let name = Array(tap.description.utf8)
            return expressions.contains { expression in
                guard Self.name(expression) == "cmp",
                    let value = expression.first(NFTA_EXPR_DATA)?.nested.first(NFTA_CMP_DATA)?.nested.first(NFTA_DATA_VALUE)?.value
                else { return false }
                return value.starts(with: name) && value.dropFirst(name.count).allSatisfy { $0 == 0 }
            }
        }
    }
}
