/// A value of a small JSON file (RFC 8259) that another program wrote, such as QEMU's firmware descriptors.
///
/// By hand, because a decoder of FoundationEssentials costs a start more than reading the files does.
package enum JSONValue: Equatable, Sendable {
    case object([String: JSONValue])
    case array([JSONValue])
    case string(String)
    /// As written.
    case number(String)
    case boolean(Bool)
    case null

    /// Deeper nesting is refused: each level is a call.
    private static let depthLimit = 32

    /// nil for what is not JSON.
    package init?(parsing bytes: [UInt8]) {
        var reader = Reader(bytes: bytes)
        guard let value = reader.value(depth: 0), reader.isAtEnd else { return nil }
        self = value
    }

    package subscript(key: String) -> JSONValue? {
        if case .object(let members) = self { members[key] } else { nil }
    }
    package var text: String? { if case .string(let text) = self { text } else { nil } }
    /// The elements of an array; none of another value.
    package var elements: [JSONValue] { if case .array(let elements) = self { elements } else { [] } }
    /// The strings of an array.
    package var texts: [String] { elements.compactMap(\.text) }

    private struct Reader {
        let bytes: [UInt8]
        var offset = 0

        var isAtEnd: Bool {
            mutating get {
                skipBlanks()
                return offset == bytes.count
            }
        }

        mutating func value(depth: Int) -> JSONValue? {
            guard depth < depthLimit else { return nil }
            skipBlanks()
            guard offset < bytes.count else { return nil }
            switch bytes[offset] {
            case UInt8(ascii: "{"): return object(depth: depth)
            case UInt8(ascii: "["): return array(depth: depth)
            case UInt8(ascii: "\""): return string().map { .string($0) }
            default: return word()
            }
        }

        private mutating func object(depth: Int) -> JSONValue? {
            offset += 1
            var members: [String: JSONValue] = [:]
            if take("}") { return .object(members) }
            repeat {
                skipBlanks()
                guard let key = string(), take(":"), let value = value(depth: depth + 1) else { return nil }
                members[key] = value
            } while take(",")
            return take("}") ? .object(members) : nil
        }

        private mutating func array(depth: Int) -> JSONValue? {
            offset += 1
            var elements: [JSONValue] = []
            if take("]") { return .array(elements) }
            repeat {
                guard let value = value(depth: depth + 1) else { return nil }
                elements.append(value)
            } while take(",")
            return take("]") ? .array(elements) : nil
        }

        /// Escapes of the form \uXXXX are kept as they are: no name of a file needs one.
        private mutating func string() -> String? {
            guard offset < bytes.count, bytes[offset] == UInt8(ascii: "\"") else { return nil }
            offset += 1
            var text: [UInt8] = []
            while offset < bytes.count {
                let byte = bytes[offset]
                offset += 1
                switch byte {
                case UInt8(ascii: "\""): return String(decoding: text, as: UTF8.self)
                case UInt8(ascii: "\\"):
                    guard offset < bytes.count else { return nil }
                    switch bytes[offset] {
                    case UInt8(ascii: "n"): text.append(0x0a)
                    case UInt8(ascii: "t"): text.append(0x09)
                    case UInt8(ascii: "r"): text.append(0x0d)
                    case UInt8(ascii: "b"): text.append(0x08)
                    case UInt8(ascii: "f"): text.append(0x0c)
                    case UInt8(ascii: "u"): text += "\\u".utf8
                    case let other: text.append(other)
                    }
                    offset += 1
                case 0..<0x20: return nil
                default: text.append(byte)
                }
            }
            return nil
        }

        private mutating func word() -> JSONValue? {
            let start = offset
            while offset < bytes.count, !",]}".utf8.contains(bytes[offset]), bytes[offset] > 0x20 { offset += 1 }
            switch String(decoding: bytes[start..<offset], as: UTF8.self) {
            case "true": return .boolean(true)
            case "false": return .boolean(false)
            case "null": return .null
            case let text: return Double(text) == nil ? nil : .number(text)
            }
        }

        private mutating func take(_ character: Unicode.Scalar) -> Bool {
            skipBlanks()
            guard offset < bytes.count, bytes[offset] == UInt8(ascii: character) else { return false }
            offset += 1
            return true
        }

        private mutating func skipBlanks() {
            while offset < bytes.count, [0x20, 0x09, 0x0a, 0x0d].contains(bytes[offset]) { offset += 1 }
        }
    }
}
