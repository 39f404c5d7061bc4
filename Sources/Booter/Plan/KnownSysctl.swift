import NetworkValues

/// The sysctls that a plan can write. `Applier` writes no other, and `boot down` restores no other.
enum KnownSysctl {
    private static let whole: Set<String> = ["net/ipv4/ip_forward", "net/ipv6/conf/all/forwarding"]
    /// Of one link, below net/ipv4/conf and net/ipv6/conf.
    private static let ofLink: Set<Substring> = [
        "accept_ra", "accept_redirects", "disable_ipv6", "forwarding", "rp_filter", "send_redirects",
    ]

    static func contains(_ path: String) -> Bool {
        if whole.contains(path) { return true }
        let parts = path.split(separator: "/", omittingEmptySubsequences: false)
        return parts.count == 5 && parts[0] == "net" && (parts[1] == "ipv4" || parts[1] == "ipv6") && parts[2] == "conf"
            && InterfaceName(String(parts[3])) != nil && ofLink.contains(parts[4])
    }
}
