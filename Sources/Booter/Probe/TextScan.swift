/// Splitting on bytes: the kernel's text files are ASCII, and `Character` is slow and takes "\r\n" for one.
extension StringProtocol where SubSequence == Substring {
    /// The lines, without their newline; empty lines are left out.
    var lines: [Substring] {
        self[...].utf8.split(separator: UInt8(ascii: "\n")).map { Substring($0) }
    }

    /// The fields between blanks, tabs and carriage returns.
    var fields: [Substring] {
        self[...].utf8.split { $0 == 0x20 || $0 == 0x09 || $0 == 0x0d || $0 == 0x0a }.map { Substring($0) }
    }

    /// The key before the first `separator` and the value after it, both without surrounding blanks; nil without a separator.
    func keyValue(separator: Character = ":") -> (key: Substring, value: Substring)? {
        guard let byte = separator.asciiValue, let index = self[...].utf8.firstIndex(of: byte) else { return nil }
        return (self[..<index].blanksTrimmed, self[self[...].utf8.index(after: index)...].blanksTrimmed)
    }

    /// Whether `text` stands anywhere in it, byte for byte.
    ///
    /// The standard library's `contains` of a string would link the regular expression engine: a megabyte.
    func holds(_ text: String) -> Bool {
        var rest = self[...].utf8
        while rest.count >= text.utf8.count {
            if rest.starts(with: text.utf8) { return true }
            rest = rest.dropFirst()
        }
        return false
    }

    /// Without blanks, tabs, newlines and NULs at both ends.
    var blanksTrimmed: Substring {
        var bytes = self[...].utf8
        while let first = bytes.first, first <= 0x20 { bytes = bytes.dropFirst() }
        while let last = bytes.last, last <= 0x20 { bytes = bytes.dropLast() }
        return Substring(bytes)
    }

    /// As text that a terminal shows and does not obey: control characters become `?`.
    ///
    /// For names that a disk or a device brings along: partition labels, models, serial numbers.
    var printable: String {
        var result = String.UnicodeScalarView()
        for scalar in unicodeScalars {
            switch scalar.value {
            // C0, DEL and C1; directional overrides would reorder what stands beside them.
            case 0..<0x20, 0x7f..<0xa0, 0x202a...0x202e, 0x2066...0x2069: result.append("?")
            default: result.append(scalar)
            }
        }
        return String(result)
    }
}
