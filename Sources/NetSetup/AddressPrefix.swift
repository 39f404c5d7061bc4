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

    init(_ address: IPv4Address) { self.init(text: "\(address)", address.bytes, 32) }
    init(_ address: IPv6Address) { self.init(text: "\(address)", address.bytes, 128) }

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
    /// RFC 4291, 2.5.6
    static let linkLocal6 = AddressPrefix(text: "fe80::/10", head: [0xfe, 0x80], 10)
    /// RFC 4291, 2.5.2
    static let unspecified6 = AddressPrefix(text: "::", head: [], 128)
    /// RFC 1122, 3.2.1.3: the source of a host that does not know its address yet.
    static let unspecified4 = AddressPrefix(text: "0.0.0.0", [0, 0, 0, 0], 32)
    /// RFC 919, 7
    static let broadcast4 = AddressPrefix(text: "255.255.255.255", [255, 255, 255, 255], 32)
    /// RFC 8415, 7.1: All_DHCP_Relay_Agents_and_Servers
    static let dhcpServers6 = AddressPrefix(text: "ff02::1:2", head: [0xff, 0x02], tail: [1, 0, 2], 128)
}

/// Where clouds serve an instance's credentials and control it.
extension AddressPrefix {
    static let metadata4 = [
        // RFC 3927; 169.254.169.254 of AWS, Azure, Google, OpenStack and others, 169.254.170.2 and .23 of AWS's containers,
        // 169.254.42.42 of Scaleway.
        AddressPrefix(text: "169.254.0.0/16", [169, 254, 0, 0], 16),
        // Azure's platform: learn.microsoft.com/azure/virtual-network/what-is-ip-address-168-63-129-16
        AddressPrefix(text: "168.63.129.16", [168, 63, 129, 16], 32),
        // Alibaba: alibabacloud.com/help/en/ecs/user-guide/view-instance-metadata
        AddressPrefix(text: "100.100.100.200", [100, 100, 100, 200], 32),
        // Oracle Cloud Infrastructure Classic
        AddressPrefix(text: "192.0.0.192", [192, 0, 0, 192], 32),
    ]

    static let metadata6 = [
        // AWS: fd00:ec2::254, and fd00:ec2::23 for pods.
        AddressPrefix(text: "fd00:ec2::/64", head: [0xfd, 0x00, 0x0e, 0xc2], 64),
        // Google: fd20:ce::254
        AddressPrefix(text: "fd20:ce::/64", head: [0xfd, 0x20, 0x00, 0xce], 64),
        // Oracle: fd00:c1::a9fe:a9fe
        AddressPrefix(text: "fd00:c1::/64", head: [0xfd, 0x00, 0x00, 0xc1], 64),
        // Scaleway: fd00:42::42
        AddressPrefix(text: "fd00:42::/64", head: [0xfd, 0x00, 0x00, 0x42], 64),
        // 169.254.0.0/16 by NAT64, RFC 6052
        AddressPrefix(text: "64:ff9b::a9fe:0/112", head: [0x00, 0x64, 0xff, 0x9b], tail: [0xa9, 0xfe, 0, 0], 112),
    ]
}
