import CNetlink
import SystemPackage

/// Puts our table into the kernel, and takes it out again.
public struct Firewall: ~Copyable {
    private let socket: NetlinkSocket

    /// - Throws: `NetError` when the kernel has no nfnetlink.
    public init() throws(NetError) { socket = try NetlinkSocket(.netfilter) }

    /// Replaces our table by one for `rules`, in one transaction: `nft -f`.
    ///
    /// First as if there was none: of a transaction that deletes, the kernel waits for the last reader before it lets the socket
    /// close, some 15 ms.
    /// - Throws: `NetError` that names the first rule the kernel refused; the table before, if any, is still in force.
    public func install(_ rules: NATRules) throws(NetError) {
        let ruleset = try NftRuleset(rules)
        do { try send(NftBatch(creating: ruleset)) } catch  where error.errno == .fileExists { try send(NftBatch(replacing: ruleset)) }
    }

    /// `nft delete table inet TABLE`: absent is success.
    public func remove(table: String) throws(NetError) {
        do { try send(NftBatch(deleting: table)) } catch  where error.errno == .noSuchFileOrDirectory { return }
    }

    /// `nft list table inet TABLE`
    public func exists(table: String) throws(NetError) -> Bool {
        let type = UInt16(NFNL_SUBSYS_NFTABLES) << 8 | UInt16(truncatingIfNeeded: NFT_MSG_GETTABLE.rawValue)
        let message = try NetlinkMessage(type: type, flags: UInt16(NLM_F_REQUEST | NLM_F_ACK), sequence: 0)
        try message.append([UInt8(NFPROTO_INET), 0, 0, 0])
        try message.put(NFTA_TABLE_NAME, table)
        let replies = try socket.exchange(message.bytes, "find table", table)
        do {
            try Self.judge(replies, [NftBatch.Label(operation: "find table", object: table)])
        } catch  where error.errno == .noSuchFileOrDirectory {
            return false
        }
        return true
    }

    func send(_ batch: NftBatch) throws(NetError) {
        let label = batch.labels.first ?? NftBatch.Label(operation: "change table", object: "")
        let replies = try socket.exchange(batch.bytes, label.operation, label.object)
        try Self.judge(replies, batch.labels)
    }

    /// Throws for the first message that was refused, or when nothing was acknowledged.
    static func judge(_ replies: [NetlinkReply], _ labels: [NftBatch.Label]) throws(NetError) {
        var acknowledged = false
        var first: (sequence: UInt32, errno: Errno, message: String?)?
        for reply in replies {
            switch reply.content {
            case .acknowledged: acknowledged = true
            case .refused(let errno, let message) where reply.sequence < first?.sequence ?? .max:
                first = (reply.sequence, errno, message)
            case .refused, .other: continue
            }
        }
        if let first {
            let known = Int(first.sequence) < labels.count ? labels[Int(first.sequence)] : labels.first
            let label = known ?? NftBatch.Label(operation: "change table", object: "")
            throw NetError(label.operation, label.object, .kernel(first.errno, message: first.message), hint: hint(first.errno, label))
        }
        guard acknowledged else {
            let label = labels.first ?? NftBatch.Label(operation: "change table", object: "")
            throw NetError(label.operation, label.object, .invalid("the kernel did not answer"))
        }
    }

    /// nf_tables says ENOENT for an expression or a chain type whose module is missing.
    private static func hint(_ error: Errno, _ label: NftBatch.Label) -> String? {
        if label.operation == "change table" {
            return error == .notPermitted ? nil : "the kernel has no nf_tables: load the module nf_tables"
        }
        guard error == .noSuchFileOrDirectory, !label.modules.isEmpty else { return nil }
        return "module \(label.modules.joined(separator: " or ")) is missing"
    }
}
