import Foundation

/// A line of authorized_keys.
enum SSHKey {
    /// Whether a line has a public key: the name of an algorithm, then the key in base64, which begins with the same name. Options may
    /// come first, a comment may follow (sshd(8), "AUTHORIZED_KEYS FILE FORMAT").
    static func accepts(_ line: String) -> Bool {
        let words = line.split(separator: " ")
        return zip(words, words.dropFirst()).contains { name, key in
            guard name.utf8.count < 64, let bytes = Data(base64Encoded: String(key)), bytes.count > 4 + name.utf8.count else {
                return false
            }
            let length = [UInt8(0), 0, 0, UInt8(name.utf8.count)]
            return bytes.starts(with: length + Array(name.utf8))
        }
    }

    /// The keys of a text: each line that is neither empty nor a comment; nil when one of them is no key.
    static func keys(_ text: String) -> [String]? {
        let lines = text.split(whereSeparator: \.isNewline).map { $0.trimmingCharacters(in: .whitespaces) }
            .filter { !$0.isEmpty && !$0.hasPrefix("#") }
        return !lines.isEmpty && lines.allSatisfy(accepts) ? lines : nil
    }
}
