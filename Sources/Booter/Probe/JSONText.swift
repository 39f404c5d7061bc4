/// Reads JSON (RFC 8259) one value after another, as far as `boot` writes it itself: no fractions, no escapes but `\"`, `\\`, `\/`.
///
/// JSONDecoder reads all of JSON, and the runtime looks up so many conformances for it that the first value takes half a millisecond.
/// Once something is not as asked for, nothing more is found in the text: asking `isWhole` at the end is enough.
struct JSONText {
    private let bytes: [UInt8]
    private var offset = 0
    private var isGood = true

    init(_ text: String) { bytes = Array(text.utf8) }

    /// Whether everything was as asked for, up to the end of the text.
    var isWhole: Bool { isGood && bytes[offset...].allSatisfy(Self.isBlank) }

    mutating func integer() -> Int? {
        skipBlanks()
        let digits = bytes[offset...].prefix { $0 == UInt8(ascii: "-") || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
        let text = String(decoding: digits, as: UTF8.self)
        // By the text again: neither "-0" nor "007" is a number of JSON that we write.
        guard let number = Int(text), String(number) == text else { return refuse() }
        offset = digits.endIndex
        return number
    }

    mutating func string() -> String? {
        guard take("\"") else { return refuse() }
        var parts: [UInt8] = []
        var start = offset
        while offset < bytes.count {
            switch bytes[offset] {
            case UInt8(ascii: "\""):
                defer { offset += 1 }
                return String(decoding: parts + bytes[start..<offset], as: UTF8.self)
            case UInt8(ascii: "\\"):
                guard offset + 1 < bytes.count, "\"\\/".utf8.contains(bytes[offset + 1]) else { return refuse() }
                parts += bytes[start..<offset]
                start = offset + 1
                offset += 2
            case 0..<0x20: return refuse()
            default: offset += 1
            }
        }
        return refuse()
    }

    /// An array whose elements `element` reads.
    mutating func array<Element>(_ element: (inout JSONText) -> Element?) -> [Element]? {
        guard take("[") else { return refuse() }
        var elements: [Element] = []
        if take("]") { return elements }
        repeat {
            guard let value = element(&self) else { return refuse() }
            elements.append(value)
        } while take(",")
        return take("]") ? elements : refuse()
    }

    /// An object, whose keys come once each; `member` reads the value that belongs to the key.
    mutating func object(_ member: (_ key: String, inout JSONText) -> Void) {
        guard take("{") else { return fail() }
        if take("}") { return }
        var keys: [String] = []
        repeat {
            guard let key = string(), !keys.contains(key), take(":") else { return fail() }
            keys.append(key)
            member(key, &self)
        } while take(",")
        if !take("}") { fail() }
    }

    /// The text is none of ours.
    mutating func fail() {
        isGood = false
        offset = bytes.count
    }

    private mutating func refuse<Value>() -> Value? {
        fail()
        return nil
    }

    private mutating func take(_ character: Unicode.Scalar) -> Bool {
        skipBlanks()
        guard offset < bytes.count, bytes[offset] == UInt8(ascii: character) else { return false }
        offset += 1
        return true
    }

    private mutating func skipBlanks() {
        while offset < bytes.count, Self.isBlank(bytes[offset]) { offset += 1 }
    }

    private static func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x0a || byte == 0x0d || byte == 0x09 }
}
