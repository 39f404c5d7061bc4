/// A UUID, RFC 9562, which UEFI calls GUID.
package struct GUID: Hashable, Sendable {
    /// 16, in the order of the text.
    package let bytes: [UInt8]

    /// A UUID of version 8, which leaves the scheme to its maker.
    /// - Parameter bytes: of the first 16, six bits are replaced by version and variant; missing ones are 0.
    package init(version8 bytes: some Sequence<UInt8>) {
        var bytes = Array(bytes.prefix(16))
        bytes += [UInt8](repeating: 0, count: 16 - bytes.count)
        bytes[6] = bytes[6] & 0x0f | 0x80
        bytes[8] = bytes[8] & 0x3f | 0x80
        self.bytes = bytes
    }

    /// In the order of the text; nil unless there are 16 bytes.
    package init?(bigEndian bytes: [UInt8]) {
        guard bytes.count == 16 else { return nil }
        self.bytes = bytes
    }

    /// As on disk and in UEFI's variables, where the first three groups are little-endian; nil unless there are 16 bytes.
    package init?(mixedEndian bytes: [UInt8]) {
        guard bytes.count == 16 else { return nil }
        self.bytes = Self.swapped(bytes)
    }

    /// 32 hexadecimal digits of either case, with the four dashes or without any; nil for everything else.
    package init?(_ text: some StringProtocol) {
        var nibbles: [UInt8] = []
        for (offset, byte) in text.utf8.enumerated() {
            if text.utf8.count == 36, [8, 13, 18, 23].contains(offset) {
                guard byte == UInt8(ascii: "-") else { return nil }
            } else {
                guard let nibble = Self.nibble(byte) else { return nil }
                nibbles.append(nibble)
            }
        }
        guard nibbles.count == 32 else { return nil }
        bytes = (0..<16).map { nibbles[2 * $0] << 4 | nibbles[2 * $0 + 1] }
    }

    private static func nibble(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
        default: nil
        }
    }

    private static func swapped(_ bytes: [UInt8]) -> [UInt8] {
        [3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15].map { bytes[$0] }
    }

    /// The same bytes with the first three groups in the other byte order: some firmware stores them so, against SMBIOS 2.6.
    package var byteSwapped: GUID { GUID(raw: Self.swapped(bytes)) }

    private init(raw: [UInt8]) { bytes = raw }

    /// Lower case, with dashes.
    package var text: String { text(Array("0123456789abcdef".utf8)) }
    /// Upper case, with dashes.
    package var uppercaseText: String { text(Array("0123456789ABCDEF".utf8)) }

    private func text(_ digits: [UInt8]) -> String {
        var result: [UInt8] = []
        for (index, byte) in bytes.enumerated() {
            if [4, 6, 8, 10].contains(index) { result.append(UInt8(ascii: "-")) }
            result += [digits[Int(byte >> 4)], digits[Int(byte & 15)]]
        }
        return String(decoding: result, as: UTF8.self)
    }
}
