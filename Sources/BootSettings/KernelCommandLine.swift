/// The words of /proc/cmdline, split as the kernel's `next_arg` does (lib/cmdline.c).
package enum KernelCommandLine {
    /// Only words that start so are ours.
    package static let prefix = "boot."

    /// Our words, in order; a later one overrides an earlier one. `boot.guest.memory=8G`, `boot.qemu.extra="-d int"`.
    package static func assignments(_ text: String) -> [ConfigurationAssignment] {
        parameters(text).compactMap { name, value in
            guard let key = name.after(prefix) else { return nil }
            // The kernel takes '-' for '_' in the names of parameters, so its users do too.
            let underscored = String(key.map { $0 == "-" ? "_" : $0 })
            let input = value.map { ConfigurationInput.text($0) } ?? .foreign("a word without '='")
            return ConfigurationAssignment(underscored, spelled: name, input, .kernelCommandLine)
        }
    }

    /// Names and values; nil for a word without '='.
    ///
    /// Quotes keep blanks together, around the value or around the whole word; they are removed at the ends only.
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
