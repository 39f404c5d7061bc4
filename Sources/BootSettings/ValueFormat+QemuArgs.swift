import NetworkValues
package import QemuArgs

// The values that QemuArgs defines, as the configuration spells them.

extension NICModel {
    /// The word of network.nic: QEMU's name of the device, without the bus.
    package var word: String { self == .virtio ? "virtio-net" : rawValue }
}

extension QemuArgs.Serial {
    fileprivate init?(_ text: String) {
        switch text {
        case "stdio": self = .stdio
        case "none": self = .none
        default:
            guard let path = text.after("file:"), AbsolutePath.accepts(path) else { return nil }
            self = .file(path)
        }
    }

    fileprivate var word: String {
        switch self {
        case .stdio: "stdio"
        case .none: "none"
        case .file(let path): "file:" + path
        }
    }
}

extension Display.VNC {
    /// QEMU listens at this port plus the display's number; QEMU's documentation of `-vnc`.
    package static let basePort = 5900

    /// `off`, `unix:/PATH`, or `ADDRESS:DISPLAY` with an IPv6 address in brackets.
    ///
    /// No host names but `localhost`: before the network is up nothing can tell whether a name means a public address.
    fileprivate init?(_ text: String) {
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

    fileprivate var word: String {
        switch self {
        case .off: "off"
        case .unix(let path): "unix:" + path
        case .tcp(let host, let display): host.contains(":") ? "[\(host)]:\(display)" : "\(host):\(display)"
        }
    }

    /// Whether other machines can connect.
    package var isPublic: Bool {
        guard case .tcp(let host, _) = self else { return false }
        if let address = IPv4Address(host) { return address.bytes.first != 127 }
        return host != "localhost" && host != "::1"
    }

    /// The TCP port, 5900 or higher; nil for a Unix socket and for no server.
    package var port: Int? {
        guard case .tcp(_, let display) = self else { return nil }
        return Self.basePort + display
    }
}

extension ValueFormat where Value == NICModel {
    static var nic: Self {
        .word(
            "virtio-net, vmxnet3 or e1000-82545em",
            parse: { text in NICModel.allCases.first { $0.word == text } }, render: { $0.word })
    }
}

extension ValueFormat where Value == QemuArgs.Serial {
    static var serial: Self { .word("stdio, none or file:/PATH", parse: { Value($0) }, render: { $0.word }) }
}

extension ValueFormat where Value == Display.VNC {
    static var vnc: Self {
        Self(
            expected: "off, unix:/PATH or ADDRESS:DISPLAY such as 127.0.0.1:0 or [::1]:0",
            parse: { (input) throws(Rejection) in
                guard case .text(let text) = input, let value = Value(text) else { throw Rejection() }
                // Ports of VNC servers, which nobody would use as numbers of displays.
                if case .tcp(let host, let display) = value, (Value.basePort..<Value.basePort + 100).contains(display) {
                    let meant = Value.tcp(host: host, display: display - Value.basePort)
                    throw Rejection(detail: "\(display) is a display number, not a port; for port \(display) write \(meant.word)")
                }
                return value
            }, render: { $0.word })
    }
}
