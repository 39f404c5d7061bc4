import NetworkValues

extension Configuration.VNCAddress: TextCodable {
    /// QEMU listens at this port plus the display's number; docs of `-vnc`.
    package static let basePort = 5900

    /// `off`, `unix:/PATH`, or `ADDRESS:DISPLAY` with an IPv6 address in brackets.
    ///
    /// No names but `localhost`: what a name leads to is not known before the network is up, and may be the world.
    package init?(_ text: String) {
        if text == "off" {
            self = .off
        } else if let path = text.after("unix:") {
            guard AbsolutePath.accepts(path, limit: AbsolutePath.socketLimit) else { return nil }
            self = .unix(path)
        } else {
            guard let colon = text.lastIndex(of: ":"), let host = Self.host(String(text[..<colon])) else { return nil }
            let digits = text[text.index(after: colon)...]
            guard let display = Int(digits), String(display) == digits, (0...65535 - Self.basePort).contains(display) else { return nil }
            self = .tcp(host: host, display: display)
        }
    }

    private static func host(_ text: String) -> String? {
        if text == "localhost" { return text }
        guard text.first == "[", text.last == "]" else { return IPv4Address(text)?.description }
        return IPv6Address(String(text.dropFirst().dropLast()))?.description
    }

    package var description: String {
        switch self {
        case .off: "off"
        case .unix(let path): "unix:" + path
        case .tcp(let host, let display): host.contains(":") ? "[\(host)]:\(display)" : "\(host):\(display)"
        }
    }

    /// Whether others than this machine can connect.
    package var isPublic: Bool {
        guard case .tcp(let host, _) = self else { return false }
        if let address = IPv4Address(host) { return address.bytes.first != 127 }
        return host != "localhost" && host != "::1"
    }

    /// The TCP port, 5900 and up; nil for a socket or nothing.
    package var port: Int? {
        guard case .tcp(_, let display) = self else { return nil }
        return Self.basePort + display
    }

    package static var expected: String { "off, unix:/PATH or ADDRESS:DISPLAY such as 127.0.0.1:0 or [::1]:0" }
}
