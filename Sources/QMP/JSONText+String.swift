extension JSONText {
    /// A string, its escapes resolved. Invalid UTF-8 and half a surrogate pair become U+FFFD.
    package mutating func string() -> String? {
        guard take("\"") else { return refuse() }
        let start = offset
        // Few have an escape: these are copied once.
        while offset < end {
            switch bytes[offset] {
            case UInt8(ascii: "\""):
                defer { offset += 1 }
                return String(decoding: bytes[start..<offset], as: UTF8.self)
            case UInt8(ascii: "\\"): return escapedString(from: start)
            case 0..<0x20: return refuse()
            default: offset += 1
            }
        }
        return refuse()
    }

    mutating func skipString() {
        guard take("\"") else { return fail() }
        while offset < end {
            let byte = bytes[offset]
            offset += 1
            if byte == UInt8(ascii: "\"") { return }
            if byte < 0x20 { return fail() }
            if byte == UInt8(ascii: "\\"), scalar() == nil { return }
        }
        fail()
    }

    /// - Parameter start: of the string's bytes; everything up to the current one is plain.
    private mutating func escapedString(from start: Int) -> String? {
        var result = Array(bytes[start..<offset])
        while offset < end {
            let byte = bytes[offset]
            offset += 1
            switch byte {
            case UInt8(ascii: "\""): return String(decoding: result, as: UTF8.self)
            case 0..<0x20: return refuse()
            case UInt8(ascii: "\\"):
                guard let scalar = scalar() else { return nil }
                result += Array(String(scalar).utf8)
            default: result.append(byte)
            }
        }
        return refuse()
    }

    /// What stands behind a backslash: RFC 8259, 7.
    private mutating func scalar() -> Unicode.Scalar? {
        guard offset < end else { return refuse() }
        let byte = bytes[offset]
        offset += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return Unicode.Scalar(byte)
        case UInt8(ascii: "b"): return "\u{8}"
        case UInt8(ascii: "f"): return "\u{c}"
        case UInt8(ascii: "n"): return "\n"
        case UInt8(ascii: "r"): return "\r"
        case UInt8(ascii: "t"): return "\t"
        case UInt8(ascii: "u"):
            guard let first = codeUnit(at: offset) else { return refuse() }
            offset += 4
            guard (0xd800..<0xdc00).contains(first), offset + 1 < end, bytes[offset] == UInt8(ascii: "\\"),
                bytes[offset + 1] == UInt8(ascii: "u"), let second = codeUnit(at: offset + 2), (0xdc00..<0xe000).contains(second)
            else { return Unicode.Scalar(first) ?? "\u{fffd}" }
            offset += 6
            return Unicode.Scalar(0x10000 + (first - 0xd800) << 10 + (second - 0xdc00)) ?? "\u{fffd}"
        default: return refuse()
        }
    }

    /// Four hexadecimal digits.
    private func codeUnit(at start: Int) -> UInt32? {
        guard end - start >= 4 else { return nil }
        var value: UInt32 = 0
        for byte in bytes[start..<(start + 4)] {
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): value = value << 4 | UInt32(byte - UInt8(ascii: "0"))
            case UInt8(ascii: "a")...UInt8(ascii: "f"): value = value << 4 | UInt32(byte - UInt8(ascii: "a") + 10)
            case UInt8(ascii: "A")...UInt8(ascii: "F"): value = value << 4 | UInt32(byte - UInt8(ascii: "A") + 10)
            default: return nil
            }
        }
        return value
    }
}
