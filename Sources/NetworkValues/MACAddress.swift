/// An Ethernet address of 6 bytes.
public struct MACAddress: TextCodable {
    public let bytes: [UInt8]

    /// nil unless there are exactly 6 bytes, neither a multicast address nor all zeros.
    public init?(_ bytes: [UInt8]) {
        guard bytes.count == 6, bytes[0] & 1 == 0, bytes.contains(where: { $0 != 0 }) else { return nil }
        self.bytes = bytes
    }

    /// 00:16:3e and three bytes: the prefix registered for virtual machines (the Xen project).
    ///
    /// Globally administered, as Apple's services expect of a built-in interface, and not the address of any hardware.
    public init(virtualMachine a: UInt8, _ b: UInt8, _ c: UInt8) { bytes = [0x00, 0x16, 0x3e, a, b, c] }

    /// A random address of a virtual machine.
    package static func random(using generator: inout some RandomNumberGenerator) -> MACAddress {
        let tail = (0..<3).map { _ in UInt8.random(in: 0...255, using: &generator) }
        return MACAddress(virtualMachine: tail[0], tail[1], tail[2])
    }

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
