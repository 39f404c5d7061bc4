/// An Ethernet address of 6 bytes.
public struct MACAddress: TextCodable {
    public let bytes: [UInt8]

    /// nil unless there are exactly 6 bytes, of a station rather than a group and not all zero.
    public init?(_ bytes: [UInt8]) {
        guard bytes.count == 6, bytes[0] & 1 == 0, bytes.contains(where: { $0 != 0 }) else { return nil }
        self.bytes = bytes
    }

    /// 00:16:3e and three bytes: the range registered for virtual machines.
    public init(xen a: UInt8, _ b: UInt8, _ c: UInt8) { bytes = [0x00, 0x16, 0x3e, a, b, c] }

    /// Six pairs of hexadecimal digits with colons or dashes.
    public init?(_ text: String) {
        let parts = text.split(omittingEmptySubsequences: false) { $0 == ":" || $0 == "-" }
        let bytes = parts.compactMap { $0.utf8.count == 2 && $0.first != "+" ? UInt8($0, radix: 16) : nil }
        guard parts.count == bytes.count else { return nil }
        self.init(bytes)
    }

    public var description: String { bytes.map(Self.hex).joined(separator: ":") }

    private static func hex(_ byte: UInt8) -> String { (byte < 16 ? "0" : "") + String(byte, radix: 16) }

    public static var expected: String { "a unicast MAC address such as 52:54:00:12:34:56" }
}
