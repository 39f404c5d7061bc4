public import NetworkValues

/// What the firewall shall do for one guest: wishes, no bytes.
///
/// `NftBatch` turns it into one table that is ours alone.
public struct NATRules: Codable, Equatable, Sendable {
    /// The name of our table.
    public static let standardTable = "macos_virt"

    /// The table's name, in family inet.
    public var table: String
    public var tap: InterfaceName
    /// Masquerade only towards this interface, and let the guest out through no other; nil follows the routing table.
    public var uplink: InterfaceName?
    public var subnet4: IPv4Network
    public var guest4: IPv4Address
    /// nil without IPv6 for the guest.
    public var subnet6: IPv6Network?
    public var guest6: IPv6Address?
    public var forwards: [PortForward]
    /// The guest may reach L1's own services; DHCP, DNS, router solicitations and ping are always open.
    public var allowHost: Bool
    /// The guest may reach the cloud's metadata service: 169.254.0.0/16 and fd00:ec2::254.
    public var allowMetadata: Bool
    /// True where the kernel has no nft_fib to tell its own addresses by: forwards then take what comes over any link but the
    /// tap, so that the guest does not reach its own forwards.
    public var withoutAddressLookup: Bool?

    public init(
        table: String = standardTable, tap: InterfaceName, uplink: InterfaceName?, subnet4: IPv4Network, guest4: IPv4Address,
        subnet6: IPv6Network? = nil, guest6: IPv6Address? = nil, forwards: [PortForward], allowHost: Bool = false,
        allowMetadata: Bool = false, withoutAddressLookup: Bool? = nil
    ) {
        self.table = table
        self.tap = tap
        self.uplink = uplink
        self.subnet4 = subnet4
        self.guest4 = guest4
        self.subnet6 = subnet6
        self.guest6 = guest6
        self.forwards = forwards
        self.allowHost = allowHost
        self.allowMetadata = allowMetadata
        self.withoutAddressLookup = withoutAddressLookup
    }
}
