import LinuxSupport

struct UserFact: Codable, Equatable, Sendable {
    var uid: Int
    var gid: Int
}

/// /etc/passwd: man 5 passwd. Read as text, because a static binary cannot use NSS.
enum UserTable {
    /// Of `names`, those that have an entry with numbers; the first entry counts.
    static func parse(_ text: String, names: Set<String>) -> [String: UserFact] {
        var users: [String: UserFact] = [:]
        for line in text.lines {
            let name = String(Substring(line.utf8.prefix { $0 != UInt8(ascii: ":") }))
            guard names.contains(name), users[name] == nil else { continue }
            let fields = line.split(separator: ":", omittingEmptySubsequences: false)
            guard fields.count >= 4, let uid = UInt32(fields[2]), let gid = UInt32(fields[3]) else { continue }
            users[name] = UserFact(uid: Int(uid), gid: Int(gid))
        }
        return users
    }
}
