import CNetlink

/// Messages that nf_tables takes as one transaction: all of them or none.
///
/// The same bytes as nft(8) sends, but for one flag: the last message requests an acknowledgement, so that a missing reply does
/// not pass for success. The kernel reports every refused message, requested or not.
struct NftBatch: Equatable, Sendable {
    /// What one message does, for the error that names it.
    struct Label: Equatable, Sendable {
        let operation: String
        let object: String
        var modules: [String] = []
    }

    private(set) var bytes: [UInt8] = []
    /// By sequence number; the first and the last are the batch's own.
    private(set) var labels: [Label] = []

    /// `add table; delete table; add table`, chains and rules: afterwards the table holds exactly this ruleset,
    /// and no packet ever meets a part of it.
    init(replacing ruleset: NftRuleset) throws(NetError) {
        let table = ruleset.table
        try begin(table)
        try addTable(table)
        try deleteTable(table)
        try addTable(table)
        try fill(table, ruleset.chains)
        try end(table)
    }

    /// `create table`, chains and rules: refused with `.fileExists` when the table is there, with nothing changed.
    init(creating ruleset: NftRuleset) throws(NetError) {
        let table = ruleset.table
        try begin(table)
        try addTable(table, flags: NLM_F_EXCL)
        try fill(table, ruleset.chains)
        try end(table)
    }

    /// `delete table inet TABLE`
    init(deleting table: String) throws(NetError) {
        try begin(table)
        try deleteTable(table, last: true)
        try end(table)
    }

    private mutating func begin(_ table: String) throws(NetError) {
        try append(NFNL_MSG_BATCH_BEGIN, Label(operation: "change table", object: table)) { (_) throws(NetError) in }
    }

    private mutating func end(_ table: String) throws(NetError) {
        try append(NFNL_MSG_BATCH_END, Label(operation: "change table", object: table)) { (_) throws(NetError) in }
    }

    private mutating func fill(_ table: String, _ chains: [NftChain]) throws(NetError) {
        for chain in chains { try add(chain, table) }
        let rules = chains.flatMap { chain in chain.rules.map { (chain.name, $0) } }
        for (index, (chain, rule)) in rules.enumerated() { try add(rule, chain, table, last: index == rules.count - 1) }
    }

    private mutating func addTable(_ table: String, flags: Int32 = 0) throws(NetError) {
        try append(NFT_MSG_NEWTABLE, flags: flags, Label(operation: "add table", object: table)) { (message) throws(NetError) in
            try message.put(NFTA_TABLE_NAME, table)
            try message.put(NFTA_TABLE_FLAGS, 0)
        }
    }

    private mutating func deleteTable(_ table: String, last: Bool = false) throws(NetError) {
        let flags = last ? NLM_F_ACK : 0
        try append(NFT_MSG_DELTABLE, flags: flags, Label(operation: "delete table", object: table)) { (message) throws(NetError) in
            try message.put(NFTA_TABLE_NAME, table)
        }
    }

    private mutating func add(_ chain: NftChain, _ table: String) throws(NetError) {
        let modules = chain.base?.kind == .nat ? ["nft_chain_nat"] : []
        let label = Label(operation: "add chain", object: chain.name, modules: modules)
        try append(NFT_MSG_NEWCHAIN, flags: NLM_F_CREATE, label) { (message) throws(NetError) in
            try message.put(NFTA_CHAIN_TABLE, table)
            try message.put(NFTA_CHAIN_NAME, chain.name)
            guard let base = chain.base else { return }
            try message.put(NFTA_CHAIN_TYPE, base.kind.rawValue)
            try message.put(NFTA_CHAIN_POLICY, UInt32(NF_ACCEPT))
            try message.nest(NFTA_CHAIN_HOOK) { () throws(NetError) in
                try message.put(NFTA_HOOK_HOOKNUM, base.hook.rawValue)
                try message.put(NFTA_HOOK_PRIORITY, UInt32(bitPattern: base.priority))
            }
        }
    }

    private mutating func add(_ rule: [NftStatement], _ chain: String, _ table: String, last: Bool) throws(NetError) {
        let expressions = NftChain.expressions(rule)
        let modules = expressions.compactMap(\.module)
        let label = Label(operation: "add rule", object: "\(chain) '\(NftChain.text(rule))'", modules: modules)
        let flags = NLM_F_CREATE | NLM_F_APPEND | (last ? NLM_F_ACK : 0)
        try append(NFT_MSG_NEWRULE, flags: flags, label) { (message) throws(NetError) in
            try message.put(NFTA_RULE_TABLE, table)
            try message.put(NFTA_RULE_CHAIN, chain)
            try message.nest(NFTA_RULE_EXPRESSIONS) { () throws(NetError) in
                for expression in expressions { try expression.encode(message) }
            }
        }
    }

    private mutating func append(
        _ type: nf_tables_msg_types, flags: Int32 = 0, _ label: Label, _ body: (borrowing NetlinkMessage) throws(NetError) -> Void
    ) throws(NetError) {
        let type = Int32(NFNL_SUBSYS_NFTABLES) << 8 | Int32(bitPattern: type.rawValue)
        try append(type, flags: flags, family: UInt8(NFPROTO_INET), resource: 0, label, body)
    }

    /// The batch's own messages: of no family, and with the subsystem as resource.
    private mutating func append(
        _ type: Int32, _ label: Label, _ body: (borrowing NetlinkMessage) throws(NetError) -> Void
    ) throws(NetError) {
        try append(type, flags: 0, family: 0, resource: UInt16(NFNL_SUBSYS_NFTABLES), label, body)
    }

    private mutating func append(
        _ type: Int32, flags: Int32, family: UInt8, resource: UInt16, _ label: Label,
        _ body: (borrowing NetlinkMessage) throws(NetError) -> Void
    ) throws(NetError) {
        let flags = UInt16(truncatingIfNeeded: NLM_F_REQUEST | flags)
        let sequence = UInt32(truncatingIfNeeded: labels.count)
        let message = try NetlinkMessage(type: UInt16(truncatingIfNeeded: type), flags: flags, sequence: sequence)
        // struct nfgenmsg: u8 family, u8 version = NFNETLINK_V0, be16 resource.
        try message.append([family, 0] + resource.bigEndianBytes)
        try body(message)
        bytes += message.bytes
        labels.append(label)
    }
}
