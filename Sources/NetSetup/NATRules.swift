public import NetworkValues

/// What the firewall does for one guest, in terms of addresses and ports.
///
/// `Firewall` installs it as one table of its own.
public struct NATRules: Codable, Equatable, Sendable {
    /// The name of our table.
    public static let standardTable = "macos_virt"

    /// The table's name, in family inet.
    public var table: String
    public var tap: InterfaceName
    /// The only interface by which the guest may leave; nil is any: the routing table decides.
    public var egress: InterfaceName?
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
    /// Whether the kernel has nft_fib, by which a rule recognizes the machine's own addresses. Without it, forwards apply to what
    /// comes over any link but the tap, so that the guest does not reach its own forwards.
    public var hasAddressLookup: Bool

    public init(
        table: String = standardTable, tap: InterfaceName, egress: InterfaceName?, subnet4: IPv4Network, guest4: IPv4Address,
        subnet6: IPv6Network? = nil, guest6: IPv6Address? = nil, forwards: [PortForward], allowHost: Bool = false,
        allowMetadata: Bool = false, hasAddressLookup: Bool = true
    ) {
        self.table = table
        self.tap = tap
        self.egress = egress
        self.subnet4 = subnet4
        self.guest4 = guest4
        self.subnet6 = subnet6
        self.guest6 = guest6
        self.forwards = forwards
        self.allowHost = allowHost
        self.allowMetadata = allowMetadata
        self.hasAddressLookup = hasAddressLookup
    }
}
