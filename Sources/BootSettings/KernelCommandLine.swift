/// The words of /proc/cmdline, split as the kernel's `next_arg` does (lib/cmdline.c).
package enum KernelCommandLine {
    package static let prefix = "boot."

    /// The words that set a key, in order; a later one overrides an earlier one: `boot.guest.memory=8G`, `boot.qemu.extra="-d int"`.
    package static func assignments(_ text: String) -> [ConfigurationAssignment] {
        parameters(text).compactMap { name, value in
            guard let key = name.after(prefix) else { return nil }
            // In names of parameters the kernel treats '-' as '_'.
            let underscored = String(key.map { $0 == "-" ? "_" : $0 })
            guard isOurs(underscored) else { return nil }
            let input = value.map { ConfigurationInput.text($0) } ?? .foreign("a word without '='")
            return ConfigurationAssignment(underscored, spelled: name, input, .kernelCommandLine)
        }
    }

    /// Whether a key is one of ours, perhaps misspelled: other software uses `boot.` too, such as `boot.shell_on_fail` of NixOS.
    private static func isOurs(_ key: String) -> Bool {
        guard let dot = key.firstIndex(of: ".") else { return false }
        return sections.contains(String(key[..<dot])) || ConfigurationKey.nearest(to: key) != nil
    }

    private static let sections = Set(ConfigurationKey.all.map { String($0.name.prefix { $0 != "." }) })

    /// Names and values; the value is nil for a word without '='.
    ///
    /// Quotes around the value or around the whole word protect blanks; only quotes at the ends are removed.
    package static func parameters(_ text: String) -> [(name: String, value: String?)] {
        let quote = UInt8(ascii: "\"")
        var result: [(name: String, value: String?)] = []
        var word: [UInt8] = []
        var inQuote = false
        for byte in Array(text.utf8) + [0] {
            if byte == 0 || (isBlank(byte) && !inQuote) {
                if !word.isEmpty { result.append(split(word)) }
                word.removeAll(keepingCapacity: true)
            } else {
                if byte == quote { inQuote.toggle() }
                word.append(byte)
            }
        }
        return result
    }

    private static func split(_ word: [UInt8]) -> (name: String, value: String?) {
        let quote = UInt8(ascii: "\"")
        var word = word[...]
        let isQuoted = word.first == quote
        if isQuoted {
            word.removeFirst()
            if word.last == quote { word.removeLast() }
        }
        guard let equals = word.firstIndex(of: UInt8(ascii: "=")) else { return (String(decoding: word, as: UTF8.self), nil) }
        var value = word[(equals + 1)...]
        if value.first == quote {
            value.removeFirst()
            if value.last == quote { value.removeLast() }
        }
        return (String(decoding: word[..<equals], as: UTF8.self), String(decoding: value, as: UTF8.self))
    }

    private static func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || (0x09...0x0d).contains(byte) }
}
