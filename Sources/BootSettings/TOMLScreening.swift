/// Refuses text on which the TOML parser would abort, overflow the stack or stop early.
///
/// toml++ 3.4 fails on these mistakes in a file:
/// - Assertions, which TOMLKit enables: `[=`, `x = [ }` and some incomplete dates abort the process.
/// - Characters outside of ASCII where only ASCII is allowed reach an "unreachable" in its table of blanks: undefined behavior.
/// - Tables are freed recursively: `a.a.a...` of a few hundred kilobytes overflows the stack. The depth of values is limited
///   (TOML_MAX_NESTED_VALUES), the depth of dotted keys is not.
/// - TOMLKit passes C strings: a NUL, also one written as `\u0000`, ends the text.
///
/// TOML allows four things that are refused here: dates, continued lines, `\u0000`, and hundreds of tables.
package struct TOMLScreening {
    /// Limit for dots and opening brackets outside of strings. Each key has one dot, and few keys accept an array.
    static let structureLimit = 256

    private enum Place { case bare, comment, basic, literal, longBasic, longLiteral }

    private let bytes: [UInt8]
    private var index = 0
    private var line = 1
    /// Where the line begins.
    private var lineStart = 0
    private var place = Place.bare
    private var structure = 0
    /// The brackets that are open.
    private var open: [UInt8] = []
    /// Only blanks precede `index` on its line.
    private var isLineStart = true
    /// After a `=` or in an array, not in a key.
    private var inValue = false

    /// The first problem and its position, in characters from 1; nil for text that can be parsed.
    package static func problem(_ bytes: [UInt8]) -> (line: Int, column: Int, what: String)? {
        guard String(validating: bytes, as: UTF8.self) != nil else { return invalid(bytes) }
        var screening = TOMLScreening(bytes)
        while screening.index < bytes.count {
            guard let what = screening.step() else { continue }
            // `index` is after the byte; continuation bytes of UTF-8 do not count as characters.
            let column = bytes[screening.lineStart..<min(screening.index, bytes.count)].count { $0 & 0xc0 != 0x80 }
            return (screening.line, column, what)
        }
        return nil
    }

    private static func invalid(_ bytes: [UInt8]) -> (line: Int, column: Int, what: String) {
        let lines = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        let line = lines.firstIndex { String(validating: $0, as: UTF8.self) == nil } ?? 0
        let repaired = String(decoding: lines[line], as: UTF8.self).unicodeScalars
        return (line + 1, repaired.prefix { $0 != "\u{fffd}" }.count + 1, "invalid UTF-8")
    }

    private init(_ bytes: [UInt8]) {
        self.bytes = bytes
        // Skip a byte order mark.
        if bytes.starts(with: [0xef, 0xbb, 0xbf]) { index = 3 }
        lineStart = index
    }

    /// Advances by at most one token and returns what is wrong with it.
    private mutating func step() -> String? {
        let byte = bytes[index]
        defer { index += 1 }
        if byte == 0 { return "a NUL byte" }
        if byte == UInt8(ascii: "\n") {
            line += 1
            lineStart = index + 1
            if place != .longBasic && place != .longLiteral {
                place = .bare
                isLineStart = true
                inValue = inValue && !open.isEmpty
            }
            return nil
        }
        switch (place, byte) {
        case (.bare, _): return bare(byte)
        case (.basic, UInt8(ascii: "\\")), (.longBasic, UInt8(ascii: "\\")): return escape()
        case (.basic, UInt8(ascii: "\"")), (.literal, UInt8(ascii: "'")): place = .bare
        case (.longBasic, UInt8(ascii: "\"")), (.longLiteral, UInt8(ascii: "'")):
            // The string itself may end in two quotes.
            let quotes = run(of: byte)
            if quotes >= 3 { place = .bare }
            index += quotes - 1
        default: break
        }
        return nil
    }

    private mutating func bare(_ byte: UInt8) -> String? {
        let isBlank = byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") || byte == UInt8(ascii: "\r")
        defer { isLineStart = isLineStart && isBlank }
        guard isBlank || (0x21...0x7e).contains(byte) else { return "a character that needs quotes" }
        switch byte {
        case UInt8(ascii: "#"): place = .comment
        case UInt8(ascii: "="):
            if inValue { return "a second '='" }
            inValue = true
        case UInt8(ascii: ","): inValue = open.last != UInt8(ascii: "{")
        case UInt8(ascii: "."): return count()
        case UInt8(ascii: "-"), UInt8(ascii: ":"):
            let isDigit = index > 0 && (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(bytes[index - 1])
            if inValue && isDigit { return "a date or a time; no key takes one without quotes" }
        case UInt8(ascii: "["), UInt8(ascii: "{"): return opening(byte)
        case UInt8(ascii: "]"), UInt8(ascii: "}"):
            guard open.popLast() == (byte == UInt8(ascii: "]") ? UInt8(ascii: "[") : UInt8(ascii: "{")) else {
                return "an unexpected '\(Unicode.Scalar(byte))'"
            }
            // The closed table or array was a value or the header of a section.
            inValue = inValue || byte == UInt8(ascii: "}")
        case UInt8(ascii: "\""), UInt8(ascii: "'"): return quote(byte)
        default: break
        }
        return nil
    }

    private mutating func opening(_ byte: UInt8) -> String? {
        if isLineStart, open.isEmpty {
            guard byte == UInt8(ascii: "["), isHeader else { return "'\(Unicode.Scalar(byte))' without the name of a section" }
        } else if open == [UInt8(ascii: "[")], !inValue {
            // The second bracket of a header.
            guard bytes[index - 1] == byte else { return "an unexpected '\(Unicode.Scalar(byte))'" }
        } else {
            guard inValue, isSeparated else { return "an unexpected '\(Unicode.Scalar(byte))'" }
            inValue = byte == UInt8(ascii: "[")
        }
        open.append(byte)
        return count()
    }

    private mutating func quote(_ byte: UInt8) -> String? {
        guard isSeparated || (bytes[index - 1] == UInt8(ascii: ".") && !inValue) else { return "a quote in the middle of a word" }
        let isBasic = byte == UInt8(ascii: "\"")
        if run(of: byte) >= 3 {
            place = isBasic ? .longBasic : .longLiteral
            index += 2
        } else {
            place = isBasic ? .basic : .literal
        }
        return nil
    }

    private mutating func count() -> String? {
        structure += 1
        return structure <= Self.structureLimit ? nil : "more than \(Self.structureLimit) dots and brackets"
    }

    /// Skips the byte after a backslash in a string. Refuses continued lines, which reach the table of blanks.
    private mutating func escape() -> String? {
        let rest = bytes[(index + 1)...]
        if rest.starts(with: "u0000".utf8) || rest.starts(with: "U00000000".utf8) || rest.starts(with: "x00".utf8) {
            return "\\u0000 is not allowed"
        }
        guard let next = rest.first else { return nil }
        guard (0x21...0x7e).contains(next) else { return "'\\' at the end of a word or line" }
        index += 1
        return nil
    }

    /// Whether `[` or `[[` at `index` is followed by what can begin a name.
    private var isHeader: Bool {
        var rest = bytes[(index + 1)...].drop { $0 == 0x20 || $0 == 0x09 }
        if rest.first == UInt8(ascii: "[") { rest = rest.dropFirst().drop { $0 == 0x20 || $0 == 0x09 } }
        guard let first = rest.first else { return true }
        let isDigit = (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(first)
        return isDigit || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(first | 0x20) || "_-\"'".utf8.contains(first)
    }

    /// Whether a value may begin at `index`.
    private var isSeparated: Bool { isLineStart || " \t=,[{".utf8.contains(bytes[index - 1]) }

    private func run(of byte: UInt8) -> Int { bytes[index...].prefix(5).prefix { $0 == byte }.count }
}
