/// On bytes, not characters: what the kernel writes is ASCII, and a `Character` costs a look-up in Unicode's tables.
extension StringProtocol where SubSequence == Substring {
    /// Without blanks, tabs and newlines at both ends.
    public var trimmed: String {
        var bytes = self[...].utf8
        while let first = bytes.first, isBlank(first) { bytes = bytes.dropFirst() }
        while let last = bytes.last, isBlank(last) { bytes = bytes.dropLast() }
        return String(Substring(bytes))
    }

    /// The words between blanks, tabs and newlines.
    public var words: [String] { self[...].utf8.split(whereSeparator: isBlank).map { String(Substring($0)) } }
}

/// A blank, or one of tab, newline, vertical tab, form feed and carriage return: isspace(3) in the C locale.
private func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || (0x09...0x0d).contains(byte) }
