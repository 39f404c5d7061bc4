/// What must not reach the TOML parser, because it would crash or be cut short there.
///
/// - Its C strings end at the first NUL, so a NUL, also one written as `\u0000`, would hide what follows.
/// - It frees tables recursively: `a.a.a...` of a few hundred kilobytes overflows the stack. It limits the depth of
///   values (256) but not that of dotted keys (toml++ 3.4, TOML_MAX_NESTED_VALUES).
/// - It takes its input for UTF-8 and says little about where it is not.
enum TOMLScreening {
    /// Dots outside of strings and comments: our keys have one each, and floats and dates belong to none.
    static let dotLimit = 256

    private enum Place { case bare, comment, basic, literal, longBasic, longLiteral }

    /// The first problem and the line that it is on; nil for a text that may be parsed.
    static func problem(_ bytes: [UInt8]) -> (line: Int, what: String)? {
        guard String(validating: bytes, as: UTF8.self) != nil else { return (invalidLine(bytes), "invalid UTF-8") }
        var place = Place.bare
        var line = 1
        var dots = 0
        var index = 0
        while index < bytes.count {
            let byte = bytes[index]
            if byte == 0 { return (line, "a NUL byte") }
            if byte == UInt8(ascii: "\n") {
                line += 1
                if place != .longBasic && place != .longLiteral { place = .bare }
            }
            switch place {
            case .bare:
                if byte == UInt8(ascii: ".") { dots += 1 }
                if dots > dotLimit { return (line, "too many dotted keys") }
                if byte == UInt8(ascii: "#") { place = .comment }
                if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "'") {
                    let isBasic = byte == UInt8(ascii: "\"")
                    let isLong = run(of: byte, in: bytes, at: index) >= 3
                    place = isLong ? (isBasic ? .longBasic : .longLiteral) : (isBasic ? .basic : .literal)
                    if isLong { index += 2 }
                }
            case .comment: break
            case .basic, .longBasic:
                if byte == UInt8(ascii: "\\") {
                    if isNulEscape(bytes[index...]) { return (line, "\\u0000 is not allowed") }
                    // A line end after the backslash is still counted.
                    if index + 1 < bytes.count, bytes[index + 1] != UInt8(ascii: "\n") { index += 1 }
                } else if byte == UInt8(ascii: "\"") {
                    index += close(&place, long: .longBasic, run(of: byte, in: bytes, at: index))
                }
            case .literal, .longLiteral:
                if byte == UInt8(ascii: "'") { index += close(&place, long: .longLiteral, run(of: byte, in: bytes, at: index)) }
            }
            index += 1
        }
        return nil
    }

    /// Leaves a string if `count` quotes close it; how many bytes to skip. A long one may end in two quotes of its own.
    private static func close(_ place: inout Place, long: Place, _ count: Int) -> Int {
        guard place == long else {
            place = .bare
            return 0
        }
        if count >= 3 { place = .bare }
        return min(count, 5) - 1
    }

    private static func run(of byte: UInt8, in bytes: [UInt8], at index: Int) -> Int {
        bytes[index..<min(index + 5, bytes.count)].prefix { $0 == byte }.count
    }

    private static func isNulEscape(_ rest: ArraySlice<UInt8>) -> Bool {
        rest.starts(with: "\\u0000".utf8) || rest.starts(with: "\\U00000000".utf8) || rest.starts(with: "\\x00".utf8)
    }

    private static func invalidLine(_ bytes: [UInt8]) -> Int {
        var line = 1
        for slice in bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false) {
            if String(validating: slice, as: UTF8.self) == nil { return line }
            line += 1
        }
        return line
    }
}
