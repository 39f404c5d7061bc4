import NetworkValues

extension ValueFormat where Value == String {
    static var path: Self { .word("an absolute path", parse: { AbsolutePath.accepts($0) ? $0 : nil }, render: { $0 }) }

    static var socket: Self {
        .word(
            "an absolute path of at most \(AbsolutePath.socketLimit) bytes",
            parse: { AbsolutePath.accepts($0, limit: AbsolutePath.socketLimit) ? $0 : nil }, render: { $0 })
    }

    /// A name of QEMU's: no comma, no blank, nothing that would start another property.
    static func name(_ expected: String) -> Self {
        .word(
            expected,
            parse: { text in
                let fits = (1...64).contains(text.utf8.count) && text.utf8.first != UInt8(ascii: "-")
                return fits && text.utf8.allSatisfy { isAlphanumeric($0) || "._-+".utf8.contains($0) } ? text : nil
            }, render: { $0 })
    }

    /// RFC 9562's text form; kept in lower case.
    static var uuid: Self {
        .word(
            "a UUID such as 123e4567-e89b-12d3-a456-426614174000",
            parse: { text in
                let groups = text.split(separator: "-", omittingEmptySubsequences: false)
                let isHex = text.utf8.allSatisfy { $0 == UInt8(ascii: "-") || Self.isHexadecimal($0) }
                return isHex && groups.map(\.utf8.count) == [8, 4, 4, 4, 12] ? text.lowercased() : nil
            }, render: { $0 })
    }

    /// `auto`, a user's name as useradd(8) takes it, or UID:GID.
    static var user: Self {
        .word("auto, root, a user's name or UID:GID", parse: { isUser($0) ? $0 : nil }, render: { $0 })
    }

    private static func isUser(_ text: String) -> Bool {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        if parts.count == 2 {
            // -1 as an id means "leave it" to setresuid(2).
            return parts.allSatisfy { part in UInt32(part).map { String($0) == part && $0 != .max } ?? false }
        }
        guard (1...32).contains(text.utf8.count), let first = text.utf8.first else { return false }
        let isStart = (isAlphanumeric(first) && !isDigit(first)) || first == UInt8(ascii: "_")
        return isStart && text.utf8.allSatisfy { isAlphanumeric($0) || "_.-".utf8.contains($0) }
    }

    private static func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }
    private static func isAlphanumeric(_ byte: UInt8) -> Bool {
        isDigit(byte) || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
    }
    private static func isHexadecimal(_ byte: UInt8) -> Bool {
        isDigit(byte) || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(byte | 0x20)
    }
}

extension ValueFormat where Value == IPv4Network {
    /// Room for the gateway, the guest and the broadcast address, where a private network can be.
    static var subnet: Self {
        .word(
            "an IPv4 network from /8 to /30 such as 192.168.254.0/24, host bits zero",
            parse: { text in
                guard let network = IPv4Network(text), (8...30).contains(network.prefixLength) else { return nil }
                return reserved.contains { $0.overlaps(network) } ? nil : network
            }, render: { $0.description })
    }

    /// RFC 6890: this network, loopback, link-local (with the clouds' metadata), multicast and above.
    private static var reserved: [IPv4Network] {
        ["0.0.0.0/8", "127.0.0.0/8", "169.254.0.0/16", "224.0.0.0/3"].compactMap { IPv4Network($0) }
    }
}
