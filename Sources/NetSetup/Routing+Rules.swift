import CNetlink
import Glibc
public import NetworkValues
import SystemPackage

/// Policy rules, which choose the routing table: `ip rule`.
extension Routing {
    public enum Family: Sendable {
        case ipv4, ipv6

        fileprivate var number: UInt8 { self == .ipv4 ? UInt8(AF_INET) : UInt8(AF_INET6) }
    }

    /// Before the rules of VPNs (Tailscale: 5210 to 5270), after the one of the local table (0).
    static let rulePriority: UInt32 = 50
    /// RT_TABLE_MAIN and FR_ACT_TO_TBL of linux/rtnetlink.h and linux/fib_rules.h.
    private static let mainTable: UInt8 = 254
    private static let toTable: UInt8 = 1

    /// Whether there are other rules than the kernel's own (tables local, main and default) and ours.
    public func hasPolicyRules(_ family: Family) throws(NetError) -> Bool {
        // struct fib_rule_hdr: u8 family, dst_len, src_len, tos, table, two reserved, action; u32 flags.
        let request = try message(RTM_GETRULE, NLM_F_DUMP, family)
        return try socket.dump(request.bytes, "list policy rules", "").contains { object in
            // FRA_PRIORITY; the kernel leaves it out where it is 0.
            let priority: UInt32 = object.attributes(after: 12).first { $0.type == 6 }?.value.native(at: 0) ?? 0
            return ![0, Self.rulePriority, 32766, 32767].contains(priority)
        }
    }

    /// `ip rule add pref 50 to 192.168.254.0/24 lookup main`: succeeds if there is such a rule.
    public func addRule(to network: IPv4Network) throws(NetError) { try add(.ipv4, AddressPrefix(network)) }
    public func addRule(to network: IPv6Network) throws(NetError) { try add(.ipv6, AddressPrefix(network)) }

    /// `ip rule delete pref 50 to 192.168.254.0/24 lookup main`: succeeds if there is no such rule.
    public func deleteRule(to network: IPv4Network) throws(NetError) { try delete(.ipv4, AddressPrefix(network)) }
    public func deleteRule(to network: IPv6Network) throws(NetError) { try delete(.ipv6, AddressPrefix(network)) }

    private func add(_ family: Family, _ prefix: AddressPrefix) throws(NetError) {
        let request = try rule(RTM_NEWRULE, NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL, family, prefix)
        do { _ = try socket.dump(request, "add policy rule for", prefix.text) } catch  where error.errno == .fileExists { return }
    }

    private func delete(_ family: Family, _ prefix: AddressPrefix) throws(NetError) {
        let request = try rule(RTM_DELRULE, NLM_F_ACK, family, prefix)
        do {
            _ = try socket.dump(request, "delete policy rule for", prefix.text)
        } catch  where error.errno == .noSuchFileOrDirectory { return }
    }

    private func rule(_ type: Int, _ flags: Int32, _ family: Family, _ prefix: AddressPrefix) throws(NetError) -> [UInt8] {
        let message = try NetlinkMessage(
            type: UInt16(truncatingIfNeeded: type), flags: UInt16(truncatingIfNeeded: NLM_F_REQUEST | flags), sequence: 0)
        try message.append([family.number, UInt8(truncatingIfNeeded: prefix.length), 0, 0, Self.mainTable, 0, 0, Self.toTable, 0, 0, 0, 0])
        try message.put(RuleAttribute.destination, prefix.bytes)
        try message.put(RuleAttribute.priority, Self.rulePriority.nativeBytes)
        return message.bytes
    }

    private func message(_ type: Int, _ flags: Int32, _ family: Family) throws(NetError) -> NetlinkMessage {
        let message = try NetlinkMessage(
            type: UInt16(truncatingIfNeeded: type), flags: UInt16(truncatingIfNeeded: NLM_F_REQUEST | flags), sequence: 0)
        try message.append([family.number] + [UInt8](repeating: 0, count: 11))
        return message
    }
}

/// FRA_DST and FRA_PRIORITY of linux/fib_rules.h.
private enum RuleAttribute: UInt32 {
    case destination = 1
    case priority = 6
}
