import NetworkValues

extension NATRules {
    /// - Throws: `NetError` for rules that contradict each other: a guest outside its subnet, forwards that overlap or are too
    ///   many, a table name that nft could not read.
    public func validate() throws(NetError) {
        func invalid(_ reason: String) -> NetError { NetError("plan firewall", table, .invalid(reason)) }
        guard Self.isIdentifier(table) else {
            throw invalid("a table's name starts with a letter, followed by letters, digits and '_', 31 characters at most")
        }
        guard egress != tap else { throw invalid("\(tap) cannot be both the tap and the egress link") }
        guard (1...30).contains(subnet4.prefixLength), subnet4.contains(guest4) else {
            throw invalid("the guest's address \(guest4) is not a host of \(subnet4)")
        }
        if let subnet6 = subnet6, !(1...127).contains(subnet6.prefixLength) { throw invalid("\(subnet6) has no room for a guest") }
        if let guest6 = guest6 {
            guard let subnet6 = subnet6, Self.contains(subnet6, guest6) else {
                throw invalid("the guest's address \(guest6) is not in its IPv6 subnet")
            }
        }
        let count = forwards.map { $0.hostPorts == $0.guestPorts ? 1 : $0.hostPorts.count }.reduce(0, +)
        guard count <= NftRuleset.forwardLimit else {
            throw invalid(
                "\(count) forwarded ports: \(NftRuleset.forwardLimit) at most, where a range that keeps its port numbers counts as one")
        }
        for (index, forward) in forwards.enumerated() {
            for other in forwards[..<index]
            where other.transport == forward.transport && other.hostPorts.overlaps(forward.hostPorts) {
                throw invalid("the forwards \(other) and \(forward) share a port")
            }
        }
    }

    /// Whether nft reads it without quotes; NFT_NAME_MAXLEN allows more.
    private static func isIdentifier(_ name: String) -> Bool {
        let bytes = Array(name.utf8)
        let letters = { (byte: UInt8) in (0x41...0x5a).contains(byte) || (0x61...0x7a).contains(byte) }
        guard (1...31).contains(bytes.count), let first = bytes.first, letters(first) else { return false }
        return bytes.allSatisfy { letters($0) || (0x30...0x39).contains($0) || $0 == 0x5f }
    }

    private static func contains(_ network: IPv6Network, _ address: IPv6Address) -> Bool {
        (0..<network.prefixLength).allSatisfy { bit in
            (network.address.bytes[bit / 8] ^ address.bytes[bit / 8]) & (0x80 >> UInt8(bit % 8)) == 0
        }
    }
}
