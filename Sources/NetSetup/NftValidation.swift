import NetworkValues

extension NftRuleset {
    /// The one place where wishes for the firewall are refused.
    static func validate(_ rules: NATRules) throws(NetError) {
        func invalid(_ reason: String) -> NetError { NetError("plan firewall", rules.table, .invalid(reason)) }
        guard isIdentifier(rules.table) else {
            throw invalid("a table's name has a letter first, then letters, digits and '_', 31 at most")
        }
        guard rules.uplink != rules.tap else { throw invalid("\(rules.tap) cannot be both tap and uplink") }
        guard (1...30).contains(rules.subnet4.prefixLength), rules.subnet4.contains(rules.guest4) else {
            throw invalid("the guest's address \(rules.guest4) is not a host of \(rules.subnet4)")
        }
        if let subnet6 = rules.subnet6, !(1...127).contains(subnet6.prefixLength) { throw invalid("\(subnet6) has no room for a guest") }
        if let guest6 = rules.guest6 {
            guard let subnet6 = rules.subnet6, contains(subnet6, guest6) else {
                throw invalid("the guest's address \(guest6) is not in its IPv6 subnet")
            }
        }
        let count = rules.forwards.map { $0.hostPorts == $0.guestPorts ? 1 : $0.hostPorts.count }.reduce(0, +)
        guard count <= forwardLimit else {
            throw invalid("\(count) forwarded ports: \(forwardLimit) at most, where a range that keeps its port numbers counts as one")
        }
        for (index, forward) in rules.forwards.enumerated() {
            for other in rules.forwards[..<index]
            where other.transport == forward.transport && other.hostPorts.overlaps(forward.hostPorts) {
                throw invalid("the forwards \(other) and \(forward) share a port")
            }
        }
    }

    /// What nft reads without quotes; NFT_NAME_MAXLEN would allow more.
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
