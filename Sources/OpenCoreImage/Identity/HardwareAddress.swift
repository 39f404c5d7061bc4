/// A MAC address: the guest's network card, and the ROM of its identity.
package struct HardwareAddress: Equatable, Sendable, CustomStringConvertible {
    /// Six.
    package let bytes: [UInt8]

    /// Six pairs of hexadecimal digits with colons; of one station, neither a group nor all zeros.
    package init?(_ text: String) {
        let pairs = text.split(separator: ":", omittingEmptySubsequences: false)
        let bytes = pairs.compactMap { $0.count == 2 && $0.allSatisfy(\.isHexDigit) ? UInt8($0, radix: 16) : nil }
        guard bytes.count == 6, pairs.count == 6, bytes[0] & 1 == 0, bytes.contains(where: { $0 != 0 }) else { return nil }
        self.bytes = bytes
    }

    /// 00:16:3e is registered for virtual machines (the Xen project), and `boot` draws from it too: globally administered, which
    /// Apple's services expect of a built-in interface, and nobody's hardware.
    static func random(using generator: inout some RandomNumberGenerator) -> HardwareAddress {
        HardwareAddress(bytes: [0x00, 0x16, 0x3e] + (0..<3).map { _ in UInt8.random(in: 0...255, using: &generator) })
    }

    private init(bytes: [UInt8]) { self.bytes = bytes }

    package var description: String { bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined(separator: ":") }
}
