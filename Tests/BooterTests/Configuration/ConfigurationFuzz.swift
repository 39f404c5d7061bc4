/// Random numbers that are the same in every run. Vigna's splitmix64.c, https://prng.di.unimi.it.
struct ConfigurationFuzz: RandomNumberGenerator {
    private var state: UInt64

    init(_ seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var z = state
        z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
        return z ^ (z >> 31)
    }

    /// `count` pieces of `alphabet`, one behind the other.
    mutating func text(_ alphabet: [String], count: Int) -> String {
        (0..<count).map { _ in alphabet.randomElement(using: &self) ?? "" }.joined()
    }

    /// `bytes` with a few of them changed, removed, doubled or moved.
    mutating func mutated(_ bytes: [UInt8]) -> [UInt8] {
        var bytes = bytes
        for _ in 0..<Int.random(in: 1...6, using: &self) where !bytes.isEmpty {
            let at = Int.random(in: 0..<bytes.count, using: &self)
            let length = min(Int.random(in: 1...16, using: &self), bytes.count - at)
            switch Int.random(in: 0..<5, using: &self) {
            case 0: bytes[at] = UInt8.random(in: 0...255, using: &self)
            case 1: bytes.removeSubrange(at..<at + length)
            case 2: bytes.insert(contentsOf: bytes[at..<at + length], at: Int.random(in: 0...bytes.count, using: &self))
            case 3: bytes[at] ^= 1 << UInt8.random(in: 0..<8, using: &self)
            default: bytes.insert(Array("\"'[]{}=.\\#\n,".utf8).randomElement(using: &self) ?? 0, at: at)
            }
        }
        return bytes
    }
}
