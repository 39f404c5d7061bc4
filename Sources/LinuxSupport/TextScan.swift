/// Splitting on bytes: the kernel's text files are ASCII, and `Character` is slow and takes "\r\n" for one.
extension StringProtocol where SubSequence == Substring {
    /// The lines, without their newline; empty lines are left out.
    package var lines: [Substring] { pieces { $0 == UInt8(ascii: "\n") } }

    /// The fields between blanks, tabs and carriage returns.
    package var fields: [Substring] { pieces { $0 == 0x20 || $0 == 0x09 || $0 == 0x0d || $0 == 0x0a } }

    /// What stands between separators, which are ASCII.
    ///
    /// By offsets into the bytes: to step an index through a view of a text costs some fifty instructions a byte.
    private func pieces(_ isSeparator: (UInt8) -> Bool) -> [Substring] {
        let text = self[...]
        let ranges = text.withBytes { bytes in
            var ranges: [Range<Int>] = []
            var start = 0
            for offset in bytes.indices where isSeparator(bytes[offset]) {
                if offset > start { ranges.append(start..<offset) }
                start = offset + 1
            }
            return start < bytes.count ? ranges + [start..<bytes.count] : ranges
        }
        return ranges.map(text.bytes)
    }

    /// The key before the first `separator` and the value after it, both without surrounding blanks; nil without a separator.
    package func keyValue(separator: Character = ":") -> (key: Substring, value: Substring)? {
        let text = self[...]
        guard let byte = separator.asciiValue, let offset = text.withBytes({ $0.firstIndex(of: byte) }) else { return nil }
        return (text.bytes(0..<offset).blanksTrimmed, text.bytes((offset + 1)..<text.utf8.count).blanksTrimmed)
    }

    /// Whether `text` stands anywhere in it, byte for byte.
    ///
    /// The standard library's `contains` of a string would link the regular expression engine: a megabyte.
    package func holds(_ text: String) -> Bool {
        var rest = self[...].utf8
        while rest.count >= text.utf8.count {
            if rest.starts(with: text.utf8) { return true }
            rest = rest.dropFirst()
        }
        return false
    }

    /// Without blanks, tabs, newlines and NULs at both ends.
    package var blanksTrimmed: Substring {
        let text = self[...]
        let inner = text.withBytes { bytes in
            guard let first = bytes.firstIndex(where: { $0 > 0x20 }), let last = bytes.lastIndex(where: { $0 > 0x20 }) else { return 0..<0 }
            return first..<(last + 1)
        }
        return text.bytes(inner)
    }
}

extension Substring {
    fileprivate func withBytes<Result>(_ body: (UnsafeBufferPointer<UInt8>) -> Result) -> Result {
        if let result = utf8.withContiguousStorageIfAvailable(body) { return result }
        // Only a text that is not Swift's own is in pieces.
        var copy = String(self)
        return copy.withUTF8(body)
    }

    /// A part, by the offsets of its bytes; both ends are beside an ASCII character or the text's own.
    fileprivate func bytes(_ range: Range<Int>) -> Substring {
        let start = utf8.index(startIndex, offsetBy: range.lowerBound)
        return self[start..<utf8.index(start, offsetBy: range.count)]
    }
}
