/// /etc/passwd: man 5 passwd. Read as text, because a static binary cannot use NSS.
enum UserTable {
    /// Of `names`, those that have an entry with numbers; the first entry counts.
    static func parse(_ text: String, names: Set<String>) -> [String: UserFact] {
        var users: [String: UserFact] = [:]
        for line in text.lines {
            let fields = line.split(separator: ":", omittingEmptySubsequences: false)
            guard fields.count >= 4, names.contains(String(fields[0])), users[String(fields[0])] == nil,
                let uid = UInt32(fields[2]), let gid = UInt32(fields[3])
            else { continue }
            users[String(fields[0])] = UserFact(uid: Int(uid), gid: Int(gid))
        }
        return users
    }
}
