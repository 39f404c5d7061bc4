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
    /// The tap's own addresses: the only ones at which the guest reaches DNS.
    public var gateway4: IPv4Address
    public var gateway6: IPv6Address?
    /// What the machine may forward besides the guest's traffic.
    public var transit4: Transit
    public var transit6: Transit
    public var forwards: [PortForward]
    /// The guest may reach the machine's own services; DHCP, DNS, router solicitations and ping are always open.
    public var allowHost: Bool
    /// The guest may reach the cloud's metadata services: `AddressPrefix.metadata4` and `.metadata6`.
    public var allowMetadata: Bool
    /// Whether the kernel has nft_fib, by which a rule recognizes the machine's own addresses. Without it, forwards apply to what
    /// comes over any link but the tap, so that the guest does not reach its own forwards.
    public var hasAddressLookup: Bool

    /// Traffic that the machine forwards from and to other links than the tap.
    public enum Transit: Codable, Equatable, Sendable {
        /// Whatever the routing table says: the machine was a router before.
        case unrestricted
        /// Nothing.
        case closed
        /// Nothing that arrives by these links, which did not forward before.
        case closedFrom([InterfaceName])
    }

    /// - Parameters:
    ///   - gateway4: nil is the subnet's first address.
    ///   - gateway6: nil is the IPv6 subnet's first address, if any.
    public init(
        table: String = standardTable, tap: InterfaceName, egress: InterfaceName?, subnet4: IPv4Network, guest4: IPv4Address,
        subnet6: IPv6Network? = nil, guest6: IPv6Address? = nil, gateway4: IPv4Address? = nil, gateway6: IPv6Address? = nil,
        forwards: [PortForward], allowHost: Bool = false, allowMetadata: Bool = false, hasAddressLookup: Bool = true,
        transit4: Transit = .unrestricted, transit6: Transit = .unrestricted
    ) {
        self.table = table
        self.tap = tap
        self.egress = egress
        self.subnet4 = subnet4
        self.guest4 = guest4
        self.subnet6 = subnet6
        self.guest6 = guest6
        self.gateway4 = gateway4 ?? subnet4.host(1) ?? subnet4.address
        self.gateway6 = gateway6 ?? subnet6?.host(1)
        self.forwards = forwards
        self.allowHost = allowHost
        self.allowMetadata = allowMetadata
        self.hasAddressLookup = hasAddressLookup
        self.transit4 = transit4
        self.transit6 = transit6
    }
}
