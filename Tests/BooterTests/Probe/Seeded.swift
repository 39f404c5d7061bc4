/// Random numbers that are the same in every run: Vigna's SplitMix64.
struct Seeded: RandomNumberGenerator {
    private var state: UInt64

    init(_ seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var z = state
        z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
        return z ^ (z >> 31)
    }

    /// What a parser of untrusted bytes must survive: flipped, cut, doubled, removed and random bytes, and extreme numbers.
    mutating func mutated(_ original: [UInt8]) -> [UInt8] {
        var bytes = original
        for _ in 0..<Int.random(in: 1...6, using: &self) {
            guard !bytes.isEmpty else {
                return (0..<Int.random(in: 0...64, using: &self)).map { _ in UInt8.random(in: 0...255, using: &self) }
            }
            let at = Int.random(in: 0..<bytes.count, using: &self)
            let end = min(bytes.count, at + Int.random(in: 1...40, using: &self))
            switch Int.random(in: 0..<8, using: &self) {
            case 0: bytes[at] = UInt8.random(in: 0...255, using: &self)
            case 1: bytes[at] ^= 1 << UInt8.random(in: 0...7, using: &self)
            case 2: bytes.removeSubrange(at..<end)
            case 3: bytes.insert(contentsOf: bytes[at..<end], at: at)
            case 4: bytes = Array(bytes[..<at])
            case 5: bytes.replaceSubrange(at..<end, with: Self.extremes[Int.random(in: 0..<Self.extremes.count, using: &self)].utf8)
            case 6: for index in at..<end { bytes[index] = 0xff }
            default: for index in at..<end { bytes[index] = UInt8.random(in: 0...255, using: &self) }
            }
        }
        return bytes
    }

    private static let extremes = [
        "9223372036854775807", "9223372036854775808", "-1", "-9223372036854775808", "18446744073709551615", "0", "00000000", "FFFFFFFF",
        "\r\n",
        "\u{0}", "\u{301}", ":", "\t", "\n", "\n\n", " ", "-", ",", "0-", "-0", "0-99999999999", "\\", "\\777", "\\0", "..", "/", "é", "+1",
        "0x10",
    ]
}
