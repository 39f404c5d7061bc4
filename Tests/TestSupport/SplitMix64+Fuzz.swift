/// Input for parsers that must survive anything.
extension SplitMix64 {
    /// Characters drawn from `alphabet`.
    package mutating func text(_ alphabet: String, count: ClosedRange<Int>) -> String {
        String((0..<Int.random(in: count, using: &self)).compactMap { _ in alphabet.randomElement(using: &self) })
    }

    /// `count` pieces drawn from `alphabet`, joined.
    package mutating func text(_ alphabet: [String], count: Int) -> String {
        (0..<count).map { _ in alphabet.randomElement(using: &self) ?? "" }.joined()
    }

    /// `original` with one to six mutations: bytes flipped, cut, doubled, moved, removed or random, and `tokens` written over or put between.
    /// - Parameter tokens: what the format gives a meaning, and extreme numbers.
    package mutating func mutated(_ original: [UInt8], tokens: [String] = extremes) -> [UInt8] {
        var bytes = original
        for _ in 0..<Int.random(in: 1...6, using: &self) {
            guard !bytes.isEmpty else {
                return (0..<Int.random(in: 0...64, using: &self)).map { _ in UInt8.random(in: 0...255, using: &self) }
            }
            let at = Int.random(in: 0..<bytes.count, using: &self)
            let end = min(bytes.count, at + Int.random(in: 1...40, using: &self))
            switch Int.random(in: 0..<10, using: &self) {
            case 0: bytes[at] = UInt8.random(in: 0...255, using: &self)
            case 1: bytes[at] ^= 1 << UInt8.random(in: 0...7, using: &self)
            case 2: bytes.removeSubrange(at..<end)
            case 3: bytes.insert(contentsOf: bytes[at..<end], at: at)
            case 4: bytes.insert(contentsOf: bytes[at..<end], at: Int.random(in: 0...bytes.count, using: &self))
            case 5: bytes = Array(bytes[..<at])
            case 6: bytes.replaceSubrange(at..<end, with: (tokens.randomElement(using: &self) ?? "").utf8)
            case 7: bytes.insert(contentsOf: (tokens.randomElement(using: &self) ?? "").utf8, at: at)
            case 8: for index in at..<end { bytes[index] = 0xff }
            default: for index in at..<end { bytes[index] = UInt8.random(in: 0...255, using: &self) }
            }
        }
        return bytes
    }

    /// Numbers at the ends of their types, and characters that text formats separate or quote by.
    package static let extremes = [
        "9223372036854775807", "9223372036854775808", "-1", "-9223372036854775808", "18446744073709551615", "0", "00000000", "FFFFFFFF",
        "\r\n", "\u{0}", "\u{301}", ":", "\t", "\n", "\n\n", " ", "-", ",", "0-", "-0", "0-99999999999", "\\", "\\777", "\\0", "..", "/",
        "é", "+1", "0x10",
    ]
    /// What TOML gives a meaning.
    package static let punctuation = "\"'[]{}=.\\#\n,".map { String($0) }
}
