import Glibc

/// Reads JSON (RFC 8259) one value after another, and builds only what is asked for.
///
/// JSONDecoder looks up so many conformances that its first value takes half a millisecond.
/// Once something is not as asked for, nothing more is found in the text: asking `isWhole` at the end is enough.
/// Numbers out of range, deep nesting and invalid UTF-8 neither trap nor recurse without limit.
package struct JSONText: Equatable, Sendable {
    package enum Kind: Equatable, Sendable { case object, array, string, number, bool, null }

    /// How deep arrays and objects may be nested. QEMU's answers are less than ten deep.
    package static let depthLimit = 64
    /// Of an object that is read member by member.
    package static let memberLimit = 1024

    let bytes: [UInt8]
    var offset: Int
    let end: Int
    private var isGood = true

    package init(_ text: String) { self.init(Array(text.utf8)) }

    package init(_ bytes: [UInt8]) { self.init(bytes, 0..<bytes.count) }

    private init(_ bytes: [UInt8], _ range: Range<Int>) {
        self.bytes = bytes
        (offset, end) = (range.lowerBound, range.upperBound)
    }

    /// Whether everything was as asked for, up to the end of the text.
    package var isWhole: Bool { isGood && bytes[offset..<end].allSatisfy(Self.isBlank) }

    /// What is not read yet.
    package var rest: String { String(decoding: bytes[offset..<end], as: UTF8.self) }

    /// Whether `text` stands anywhere in what is not read yet, byte for byte.
    ///
    /// By memchr(3) and memcmp(3): the generic search takes 300 instructions a byte, and an answer can have 300 KB.
    package func holds(_ text: String) -> Bool {
        var text = text
        return text.withUTF8 { wanted in
            bytes[offset..<end].withUnsafeBytes { bytes in
                guard let base = bytes.baseAddress, let pattern = wanted.baseAddress, let first = wanted.first else {
                    return wanted.isEmpty
                }
                var start = 0
                while start + wanted.count <= bytes.count,
                    let found = memchr(base + start, Int32(first), bytes.count - start - wanted.count + 1)
                {
                    if memcmp(found, pattern, wanted.count) == 0 { return true }
                    start = UnsafeRawPointer(found) - base + 1
                }
                return false
            }
        }
    }

    /// What the next value is, by its first character; nil when there is none.
    package mutating func kind() -> Kind? {
        skipBlanks()
        guard offset < end else { return nil }
        switch bytes[offset] {
        case UInt8(ascii: "{"): return .object
        case UInt8(ascii: "["): return .array
        case UInt8(ascii: "\""): return .string
        case UInt8(ascii: "t"), UInt8(ascii: "f"): return .bool
        case UInt8(ascii: "n"): return .null
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return .number
        default: return nil
        }
    }

    /// A number without fraction and exponent that `Int` holds.
    package mutating func integer() -> Int? {
        // "-0" is a number of JSON, and none that a program writes for an integer.
        guard let text = number(), let number = Int(text), text != "-0" else { return refuse() }
        return number
    }

    package mutating func bool() -> Bool? {
        if takeWord("true") { return true }
        if takeWord("false") { return false }
        return refuse()
    }

    package mutating func null() { if !takeWord("null") { fail() } }

    /// An array whose elements `element` reads.
    package mutating func array<Element>(_ element: (inout JSONText) -> Element?) -> [Element]? {
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
    package mutating func object(_ member: (_ key: String, inout JSONText) -> Void) {
        guard take("{") else { return fail() }
        if take("}") { return }
        var keys: [String] = []
        repeat {
            guard keys.count < Self.memberLimit, let key = string(), !keys.contains(key), take(":") else { return fail() }
            keys.append(key)
            member(key, &self)
        } while take(",")
        if !take("}") { fail() }
    }

    /// Passes over the next value, which has to be good JSON.
    package mutating func skip() { skip(depth: 0) }

    /// The next value as a text of its own, to be read later.
    package mutating func slice() -> JSONText? {
        skipBlanks()
        let start = offset
        skip()
        return isGood ? JSONText(bytes, start..<offset) : nil
    }

    private mutating func skip(depth: Int) {
        guard depth < Self.depthLimit else { return fail() }
        switch kind() {
        case .object:
            offset += 1
            if take("}") { return }
            repeat {
                skipString()
                guard take(":") else { return fail() }
                skip(depth: depth + 1)
            } while take(",")
            if !take("}") { fail() }
        case .array:
            offset += 1
            if take("]") { return }
            repeat { skip(depth: depth + 1) } while take(",")
            if !take("]") { fail() }
        case .string: skipString()
        case .number: _ = number()
        case .bool: _ = bool()
        case .null: null()
        case nil: fail()
        }
    }

    /// The digits of a number; the grammar of RFC 8259, 6.
    mutating func number() -> Substring? {
        skipBlanks()
        let start = offset
        if peek == UInt8(ascii: "-") { offset += 1 }
        if peek == UInt8(ascii: "0") { offset += 1 } else if !takeDigits() { return refuse() }
        if peek == UInt8(ascii: ".") {
            offset += 1
            guard takeDigits() else { return refuse() }
        }
        if peek == UInt8(ascii: "e") || peek == UInt8(ascii: "E") {
            offset += 1
            if peek == UInt8(ascii: "-") || peek == UInt8(ascii: "+") { offset += 1 }
            guard takeDigits() else { return refuse() }
        }
        return Substring(decoding: bytes[start..<offset], as: UTF8.self)
    }

    private mutating func takeDigits() -> Bool {
        let start = offset
        while let byte = peek, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) { offset += 1 }
        return offset > start
    }

    private mutating func takeWord(_ word: StaticString) -> Bool {
        skipBlanks()
        let count = word.utf8CodeUnitCount
        guard end - offset >= count, word.withUTF8Buffer({ bytes[offset..<(offset + count)].elementsEqual($0) }) else { return false }
        offset += count
        return true
    }

    private var peek: UInt8? { offset < end ? bytes[offset] : nil }

    /// The text is not what was asked for.
    package mutating func fail() {
        isGood = false
        offset = end
    }

    mutating func refuse<Value>() -> Value? {
        fail()
        return nil
    }

    mutating func take(_ character: Unicode.Scalar) -> Bool {
        skipBlanks()
        guard offset < end, bytes[offset] == UInt8(ascii: character) else { return false }
        offset += 1
        return true
    }

    private mutating func skipBlanks() {
        while offset < end, Self.isBlank(bytes[offset]) { offset += 1 }
    }

    private static func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x0a || byte == 0x0d || byte == 0x09 }
}
