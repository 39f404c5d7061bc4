/// An IPv4 address, in host byte order.
public struct IPv4Address: TextCodable, Comparable {
    public let bits: UInt32

    public init(bits: UInt32) { self.bits = bits }

    /// Four decimal numbers with dots, without leading zeros.
    public init?(_ text: String) {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 4 else { return nil }
        var bits: UInt32 = 0
        for part in parts {
            guard let byte = UInt8(part), String(byte) == part else { return nil }
            bits = bits << 8 | UInt32(byte)
        }
        self.bits = bits
    }

    /// Most significant byte first.
    public var bytes: [UInt8] { (0..<4).map { UInt8(truncatingIfNeeded: bits >> (24 - 8 * $0)) } }
    public var description: String { bytes.map(String.init).joined(separator: ".") }
    public static func < (a: IPv4Address, b: IPv4Address) -> Bool { a.bits < b.bits }

    public static var expected: String { "an IPv4 address" }
}

/// An IPv4 network: an address whose host bits are zero, and a prefix length.
public struct IPv4Network: TextCodable {
    public let address: IPv4Address
    public let prefixLength: Int

    /// nil when the prefix is not 0...32 or host bits are set.
    public init?(_ address: IPv4Address, prefixLength: Int) {
        guard (0...32).contains(prefixLength) else { return nil }
        guard address.bits & ~Self.mask(prefixLength) == 0 else { return nil }
        self.address = address
        self.prefixLength = prefixLength
    }

    public init?(_ text: String) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 2, let address = IPv4Address(String(parts[0])) else { return nil }
        guard let prefix = UInt8(parts[1]), String(prefix) == parts[1] else { return nil }
        self.init(address, prefixLength: Int(prefix))
    }

    public var netmask: IPv4Address { IPv4Address(bits: Self.mask(prefixLength)) }
    public var description: String { "\(address)/\(prefixLength)" }

    /// The address `number` places after the network's own; nil past its end.
    public func host(_ number: UInt32) -> IPv4Address? {
        guard number <= ~netmask.bits else { return nil }
        return IPv4Address(bits: address.bits | number)
    }

    public func contains(_ other: IPv4Address) -> Bool { other.bits & netmask.bits == address.bits }
    public func overlaps(_ other: IPv4Network) -> Bool {
        let mask = Self.mask(min(prefixLength, other.prefixLength))
        return address.bits & mask == other.address.bits & mask
    }

    private static func mask(_ prefix: Int) -> UInt32 { prefix == 0 ? 0 : ~0 << UInt32(32 - prefix) }

    public static var expected: String { "an IPv4 network such as 192.168.254.0/24, host bits zero" }
}
