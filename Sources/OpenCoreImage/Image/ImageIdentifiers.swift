/// Numbers that a disk needs and nobody chooses, taken from a digest of its contents: the same contents give the same disk.
struct ImageIdentifiers: Equatable, Sendable {
    /// 32.
    private let bytes: [UInt8]

    /// - Parameter digest: SHA-256 in hexadecimal.
    init(digest: String) {
        let digits = digest.compactMap(\.hexDigitValue)
        bytes = (0..<32).map { index in
            2 * index + 1 < digits.count ? UInt8(truncatingIfNeeded: digits[2 * index] << 4 | digits[2 * index + 1]) : 0
        }
    }

    /// The disk signature of an MBR, in UEFI's device paths: not zero.
    var diskSignature: UInt32 { max(1, word(0)) }
    var volumeSerial: UInt32 { word(4) }
    var diskUUID: String { uuid(bytes[0..<16]) }
    var partitionUUID: String { uuid(bytes[16..<32]) }
    /// Not all zeros.
    var bootSignature: [UInt8] { [bytes[8] | 1] + bytes[9..<22] }

    private func word(_ start: Int) -> UInt32 { bytes[start..<start + 4].reduce(0) { $0 << 8 | UInt32($1) } }

    /// RFC 9562 version 8: a UUID of the maker's own scheme.
    private func uuid(_ slice: ArraySlice<UInt8>) -> String {
        var bytes = Array(slice)
        bytes[6] = bytes[6] & 0x0f | 0x80
        bytes[8] = bytes[8] & 0x3f | 0x80
        let hex = bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16).uppercased() }
        return [hex[0..<4], hex[4..<6], hex[6..<8], hex[8..<10], hex[10..<16]].map { $0.joined() }.joined(separator: "-")
    }
}
