/// A secret of 128 random bits, as 32 hexadecimal digits.
struct WebToken: Equatable {
    let text: String

    /// Of the system's generator, which takes its numbers from getrandom(2).
    static func random() -> WebToken {
        WebToken(text: (0..<16).map { _ in String(String(Int.random(in: 256...511), radix: 16).dropFirst()) }.joined())
    }

    /// In a time that does not depend on where two texts differ.
    func matches(_ other: some StringProtocol) -> Bool {
        let (own, other) = (Array(text.utf8), Array(other.utf8))
        guard own.count == other.count else { return false }
        return zip(own, other).reduce(UInt8(0)) { $0 | ($1.0 ^ $1.1) } == 0
    }
}
