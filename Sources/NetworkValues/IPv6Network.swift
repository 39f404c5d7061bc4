/// An IPv6 address: 16 bytes, most significant first.
public struct IPv6Address: TextCodable {
    public let bytes: [UInt8]

    /// nil unless there are exactly 16 bytes.
    public init?(_ bytes: [UInt8]) {
        guard bytes.count == 16 else { return nil }
        self.bytes = bytes
    }

    fileprivate init(uniqueLocal identifier: UInt64) {
        bytes = [0xfd] + (0..<7).map { UInt8(truncatingIfNeeded: identifier >> (48 - 8 * $0)) } + [UInt8](repeating: 0, count: 8)
    }

    /// Groups of hexadecimal digits with one `::` at most; no zone, no dotted quad.
    public init?(_ text: String) {
        let halves = Self.halves(text)
        guard let halves else { return nil }
        var groups: [UInt16] = []
        for part in halves.head + halves.tail {
            guard (1...4).contains(part.utf8.count), part.first?.isHexDigit == true, let group = UInt16(part, radix: 16) else { return nil }
            groups.append(group)
        }
        if halves.compressed {
            guard groups.count < 8 else { return nil }
            groups.insert(contentsOf: [UInt16](repeating: 0, count: 8 - groups.count), at: halves.head.count)
        }
        guard groups.count == 8 else { return nil }
        bytes = groups.flatMap { [UInt8($0 >> 8), UInt8($0 & 0xff)] }
    }

    private static func halves(_ text: String) -> (head: [Substring], tail: [Substring], compressed: Bool)? {
        let characters = Array(text)
        var gap: Int?
        for index in characters.indices.dropLast() where characters[index] == ":" && characters[index + 1] == ":" {
            guard gap == nil else { return nil }
            gap = index
        }
        func groups(_ slice: ArraySlice<Character>) -> [Substring] {
            slice.isEmpty ? [] : String(slice).split(separator: ":", omittingEmptySubsequences: false)
        }
        guard let gap else { return (groups(characters[...]), [], false) }
        return (groups(characters[..<gap]), groups(characters[(gap + 2)...]), true)
    }

    /// RFC 5952: lower case, the longest run of zero groups as `::`.
    public var description: String {
        let groups = stride(from: 0, to: 16, by: 2).map { UInt16(bytes[$0]) << 8 | UInt16(bytes[$0 + 1]) }
        var best = 0..<0
        var start = 0
        while start < 8 {
            guard groups[start] == 0 else {
                start += 1
                continue
            }
            var end = start
            while end < 8, groups[end] == 0 { end += 1 }
            if end - start > max(best.count, 1) { best = start..<end }
            start = end
        }
        func text(_ slice: ArraySlice<UInt16>) -> String { slice.map { String($0, radix: 16) }.joined(separator: ":") }
        guard !best.isEmpty else { return text(groups[...]) }
        return text(groups[..<best.lowerBound]) + "::" + text(groups[best.upperBound...])
    }

    public static var expected: String { "an IPv6 address" }
}

/// An IPv6 network: an address whose host bits are zero, and a prefix length.
public struct IPv6Network: TextCodable {
    public let address: IPv6Address
    public let prefixLength: Int

    /// nil when the prefix is not 0...128 or host bits are set.
    public init?(_ address: IPv6Address, prefixLength: Int) {
        guard (0...128).contains(prefixLength) else { return nil }
        for bit in prefixLength..<128 where address.bytes[bit / 8] & (0x80 >> UInt8(bit % 8)) != 0 { return nil }
        self.address = address
        self.prefixLength = prefixLength
    }

    /// RFC 4193: fd, and the low 56 bits of `identifier` as a 40-bit global id and a 16-bit subnet; /64.
    public init(uniqueLocal identifier: UInt64) {
        address = IPv6Address(uniqueLocal: identifier)
        prefixLength = 64
    }

    public init?(_ text: String) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 2, let address = IPv6Address(String(parts[0])) else { return nil }
        guard let prefix = UInt8(parts[1]), String(prefix) == parts[1] else { return nil }
        self.init(address, prefixLength: Int(prefix))
    }

    public var description: String { "\(address)/\(prefixLength)" }

    /// The network's address with its last byte set; nil when the prefix leaves no room for it.
    public func host(_ number: UInt8) -> IPv6Address? {
        guard prefixLength <= 120 else { return nil }
        return IPv6Address(address.bytes.dropLast() + [number])
    }

    public static var expected: String { "an IPv6 network such as fd00:1:2:3::/64, host bits zero" }
}
