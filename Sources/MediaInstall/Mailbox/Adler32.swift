/// The checksum of RFC 1950, chapter 8.2: what awk can compute in the recovery.
enum Adler32 {
    private static let base: UInt32 = 65521

    static func checksum(_ bytes: some Sequence<UInt8>) -> UInt32 {
        var (low, high): (UInt32, UInt32) = (1, 0)
        for byte in bytes {
            low = (low + UInt32(byte)) % base
            high = (high + low) % base
        }
        return high << 16 | low
    }
}
