/// Where a server listens: `127.0.0.1:9100` or `[::1]:9100`.
///
/// No host names: before the network is up, nothing can tell what they mean.
public struct ListenAddress: TextCodable {
    public enum Host: Hashable, Sendable {
        case v4(IPv4Address)
        case v6(IPv6Address)
    }

    public let host: Host
    public let port: UInt16

    public init?(_ text: String) {
        guard let colon = text.lastIndex(of: ":") else { return nil }
        let (name, digits) = (text[..<colon], text[text.index(after: colon)...])
        guard let port = UInt16(digits), port > 0, String(port) == digits else { return nil }
        self.port = port
        if name.first == "[", name.last == "]" {
            guard let address = IPv6Address(String(name.dropFirst().dropLast())) else { return nil }
            host = .v6(address)
        } else {
            guard let address = IPv4Address(String(name)) else { return nil }
            host = .v4(address)
        }
    }

    public var description: String {
        switch host {
        case .v4(let address): "\(address):\(port)"
        case .v6(let address): "[\(address)]:\(port)"
        }
    }

    /// Whether only this machine can connect: RFC 1122, 3.2.1.3, and RFC 4291, 2.5.3.
    public var isLoopback: Bool {
        switch host {
        case .v4(let address): address.bits >> 24 == 127
        case .v6(let address): address.bytes == [UInt8](repeating: 0, count: 15) + [1]
        }
    }

    /// Where a client on this machine connects to: a server at 0.0.0.0 or [::] listens at every address.
    public var local: String {
        switch host {
        case .v4(let address): address.bits == 0 ? "127.0.0.1:\(port)" : description
        case .v6(let address): address.bytes.allSatisfy { $0 == 0 } ? "[::1]:\(port)" : description
        }
    }

    public static var expected: String { "ADDRESS:PORT such as 127.0.0.1:9100 or [::1]:9100" }
}
