import Glibc

/// environ(7) of this process.
enum Environment {
    /// Those whose name starts with `prefix`; of a name that comes twice, the first, as getenv(3) takes it.
    static func variables(prefix: String) -> [String: String] {
        var result: [String: String] = [:]
        var entry = environ
        while let variable = entry.pointee {
            entry += 1
            guard strncmp(variable, prefix, prefix.utf8.count) == 0 else { continue }
            let text = String(cString: variable)
            guard let equals = text.utf8.firstIndex(of: UInt8(ascii: "=")) else { continue }
            let name = String(text[..<equals])
            if result[name] == nil { result[name] = String(text[text.utf8.index(after: equals)...]) }
        }
        return result
    }
}
