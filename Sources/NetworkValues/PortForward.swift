/// Ports of the machine that are forwarded to the guest: `tcp:10022:22`, or a range `udp:6000-6010:7000`.
public struct PortForward: TextCodable {
    public enum TransportProtocol: String, Sendable, CaseIterable { case tcp, udp }

    public let transport: TransportProtocol
    public let hostPorts: ClosedRange<UInt16>
    /// The guest's port for the first of `hostPorts`; the others follow in order.
    public let guestPort: UInt16

    public var guestPorts: ClosedRange<UInt16> { guestPort...(guestPort + (hostPorts.upperBound - hostPorts.lowerBound)) }

    /// SSH and Screen Sharing.
    public static let defaults = [PortForward(unchecked: 10022, to: 22), PortForward(unchecked: 15900, to: 5900)]

    /// nil when a port is 0 or the guest's range would exceed 65535.
    public init?(_ transport: TransportProtocol, _ hostPorts: ClosedRange<UInt16>, to guestPort: UInt16) {
        let (last, overflow) = guestPort.addingReportingOverflow(hostPorts.upperBound - hostPorts.lowerBound)
        guard hostPorts.lowerBound > 0, guestPort > 0, !overflow, last > 0 else { return nil }
        self.transport = transport
        self.hostPorts = hostPorts
        self.guestPort = guestPort
    }

    /// `[tcp:|udp:]HOST[-HOST]:GUEST[-GUEST]`; a guest range must be as long as the host's.
    public init?(_ text: String) {
        var parts = text.split(separator: ":", omittingEmptySubsequences: false)
        if parts.count == 2 { parts.insert("tcp", at: 0) }
        guard parts.count == 3, let transport = TransportProtocol(rawValue: String(parts[0])) else { return nil }
        guard let host = Self.range(parts[1]), let guest = Self.range(parts[2]) else { return nil }
        guard guest.count == 1 || guest.count == host.count else { return nil }
        self.init(transport, host, to: guest.lowerBound)
    }

    private init(unchecked hostPort: UInt16, to guestPort: UInt16) {
        transport = .tcp
        hostPorts = hostPort...hostPort
        self.guestPort = guestPort
    }

    private static func range(_ text: Substring) -> ClosedRange<UInt16>? {
        let ends = text.split(separator: "-", omittingEmptySubsequences: false).map { digits in
            UInt16(digits).flatMap { String($0) == digits ? $0 : nil }
        }
        switch (ends.count, ends.first ?? nil, ends.last ?? nil) {
        case (1, let port?, _): return port...port
        case (2, let first?, let last?) where first <= last: return first...last
        default: return nil
        }
    }

    public var description: String { "\(transport.rawValue):\(Self.text(hostPorts)):\(Self.text(guestPorts))" }

    private static func text(_ range: ClosedRange<UInt16>) -> String {
        range.count == 1 ? String(range.lowerBound) : "\(range.lowerBound)-\(range.upperBound)"
    }

    public static var expected: String { "a forward such as tcp:10022:22 or udp:6000-6010:7000-7010" }
}
