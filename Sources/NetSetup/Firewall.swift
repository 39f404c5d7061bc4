import CNetlink
import SystemPackage

/// Installs our nf_tables table, and removes it.
public struct Firewall: ~Copyable {
    let socket: NetlinkSocket

    /// - Throws: `NetError` when the kernel has no nfnetlink.
    public init() throws(NetError) { socket = try NetlinkSocket(.netfilter) }

    /// Replaces our table by one for `rules`, in one transaction: `nft -f`.
    ///
    /// Tries to create the table first, since a transaction that deletes one costs about 15 ms: closing the socket then waits for
    /// an RCU grace period.
    /// - Throws: `NetError` that names the first rule that the kernel refused; an existing table then stays in force.
    public func install(_ rules: NATRules) throws(NetError) {
        let ruleset = try NftRuleset(rules)
        do { try send(NftBatch(creating: ruleset)) } catch  where error.errno == .fileExists { try send(NftBatch(replacing: ruleset)) }
    }

    /// `nft delete table inet TABLE`: absent is success.
    public func remove(table: String) throws(NetError) {
        do { try send(NftBatch(deleting: table)) } catch  where error.errno == .noSuchFileOrDirectory { return }
    }

    /// `nft list table inet TABLE`
    func exists(table: String) throws(NetError) -> Bool {
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

    /// - Throws: the error of the first message that was refused, or an error when nothing was acknowledged.
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
            throw NetError(label.operation, label.object, .kernel(first.errno, message: first.message), remedy: remedy(first.errno, label))
        }
        guard acknowledged else {
            let label = labels.first ?? NftBatch.Label(operation: "change table", object: "")
            throw NetError(label.operation, label.object, .invalid("the kernel did not answer"))
        }
    }

    /// nf_tables answers ENOENT for an expression or a chain type whose module is missing.
    private static func remedy(_ error: Errno, _ label: NftBatch.Label) -> String? {
        if label.operation == "change table" {
            return error == .notPermitted ? nil : "load the module nf_tables"
        }
        guard error == .noSuchFileOrDirectory, !label.modules.isEmpty else { return nil }
        return "load the module \(label.modules.joined(separator: " or "))"
    }
}
