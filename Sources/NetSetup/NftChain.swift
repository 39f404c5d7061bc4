/// A chain with its rules.
struct NftChain: Equatable, Sendable {
    /// Where packets enter the chain: NF_INET_* of linux/netfilter.h.
    enum Hook: UInt32, Sendable {
        case prerouting = 0
        case input = 1
        case forward = 2
        case output = 3
        case postrouting = 4

        /// Written out, since reflection costs a millisecond.
        var name: String {
            switch self {
            case .prerouting: "prerouting"
            case .input: "input"
            case .forward: "forward"
            case .output: "output"
            case .postrouting: "postrouting"
            }
        }
    }

    enum Kind: String, Sendable { case filter, nat }

    struct Base: Equatable, Sendable {
        let kind: Kind
        let hook: Hook
        /// enum nf_ip_hook_priorities: -300 is NF_IP_PRI_RAW, -100 is NF_IP_PRI_NAT_DST, 0 NF_IP_PRI_FILTER, 100 NF_IP_PRI_NAT_SRC.
        let priority: Int32
    }

    let name: String
    /// nil for a chain that is only the target of jumps.
    let base: Base?
    let rules: [[NftStatement]]

    static func base(_ name: String, _ hook: Hook, _ kind: Kind, priority: Int32, _ rules: [[NftStatement]]) -> NftChain {
        NftChain(name: name, base: Base(kind: kind, hook: hook, priority: priority), rules: rules)
    }

    static func base(_ hook: Hook, _ kind: Kind, priority: Int32, _ rules: [[NftStatement]]) -> NftChain {
        NftChain(name: hook.name, base: Base(kind: kind, hook: hook, priority: priority), rules: rules)
    }

    /// As nft(8) reads it, indented for the table around it.
    var script: String {
        var lines = ["\tchain \(name) {"]
        if let base { lines.append("\t\ttype \(base.kind.rawValue) hook \(base.hook.name) priority \(base.priority); policy accept;") }
        lines += rules.map { "\t\t" + Self.text($0) }
        return (lines + ["\t}"]).joined(separator: "\n")
    }

    static func text(_ rule: [NftStatement]) -> String { rule.map(\.text).joined(separator: " ") }

    /// The kernel's instructions for a rule: each requirement once, before the first statement that needs it.
    static func expressions(_ rule: [NftStatement]) -> [NftExpression] {
        var met: [[NftExpression]] = []
        var result: [NftExpression] = []
        for statement in rule {
            for requirement in statement.requirements where !met.contains(requirement) {
                met.append(requirement)
                result += requirement
            }
            result += statement.expressions
        }
        return result
    }
}
