import NetworkValues

/// A network of either family as a rule compares it.
struct AddressPrefix: Equatable, Sendable {
    /// As nft writes it, without the length of a single address.
    let text: String
    /// 4 or 16 bytes, most significant first.
    let bytes: [UInt8]
    let length: Int

    var isIPv6: Bool { bytes.count == 16 }

    init(_ network: IPv4Network) {
        self.init(text: network.prefixLength == 32 ? "\(network.address)" : "\(network)", network.address.bytes, network.prefixLength)
    }

    init(_ network: IPv6Network) {
        self.init(text: network.prefixLength == 128 ? "\(network.address)" : "\(network)", network.address.bytes, network.prefixLength)
    }

    private init(text: String, _ bytes: [UInt8], _ length: Int) {
        self.text = text
        self.bytes = bytes
        self.length = length
    }

    /// Of 16 bytes, those between `head` and `tail` zero.
    private init(text: String, head: [UInt8], tail: [UInt8] = [], _ length: Int) {
        self.init(text: text, head + [UInt8](repeating: 0, count: max(0, 16 - head.count - tail.count)) + tail, length)
    }

    /// RFC 1122, 3.2.1.3
    static let loopback4 = AddressPrefix(text: "127.0.0.0/8", [127, 0, 0, 0], 8)
    /// RFC 4291, 2.5.3
    static let loopback6 = AddressPrefix(text: "::1", head: [], tail: [1], 128)
    /// RFC 3927: where AWS, GCP, Azure and OpenStack serve an instance's credentials (169.254.169.254).
    static let metadata4 = AddressPrefix(text: "169.254.0.0/16", [169, 254, 0, 0], 16)
    /// AWS's IPv6 address for the same: docs.aws.amazon.com/AWSEC2/latest/UserGuide/instancedata-data-retrieval.html
    static let metadata6 = AddressPrefix(text: "fd00:ec2::254", head: [0xfd, 0x00, 0x0e, 0xc2], tail: [0x02, 0x54], 128)
    /// RFC 4291, 2.5.6
    static let linkLocal6 = AddressPrefix(text: "fe80::/10", head: [0xfe, 0x80], 10)
}
