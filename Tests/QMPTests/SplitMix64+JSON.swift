import QMP
import TestSupport

extension SplitMix64 {
    mutating func value(depth: Int) -> JSONValue {
        switch Int.random(in: depth > 0 ? 0..<8 : 2..<8, using: &self) {
        case 0: return .array((0..<Int.random(in: 0...4, using: &self)).map { _ in value(depth: depth - 1) })
        case 1:
            return .object((0..<Int.random(in: 0...4, using: &self)).map { .init(word() + "\($0)", value(depth: depth - 1)) })
        case 2: return .null
        case 3: return .bool(.random(using: &self))
        case 4: return .integer(Int.random(in: .min ... .max, using: &self))
        case 5: return .integer(Int.random(in: -9...9, using: &self))
        case 6: return .decimal(Double(Int.random(in: -999...999, using: &self)) + 0.5)
        default: return .string(word())
        }
    }

    private mutating func word() -> String {
        String(
            (0..<Int.random(in: 0...8, using: &self)).compactMap { _ in
                "ab \"\\/\n\t\u{1}\u{1f}\u{7f}é😀\u{202e}".randomElement(using: &self)
            })
    }

    /// As `mutated`, with what JSON gives a meaning.
    mutating func mutatedJSON(_ text: String) -> [UInt8] {
        let tokens = ["\"", "\\", "{", "}", "[", "]", ":", ",", "\n", "\\u", "\\ud800", "null", "-", "1e", "\u{0}", "99999999999999999999"]
        return mutated(Array(text.utf8), tokens: tokens)
    }
}
