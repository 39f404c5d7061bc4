import BootSettings
import NetworkValues
import QemuArgs

/// The page with the guest's screen: where QEMU's side of it listens, and what it needs.
struct BrowserChoice: Codable, Equatable, Sendable {
    /// Of noVNC.
    var directory: String
    /// Of QEMU's VNC server for browsers.
    var address: String
    var port: UInt16
    /// The file with the token that lets a browser in.
    var token: String
    /// Where QEMU can write a picture of the screen.
    var picture: String

    /// QEMU's WebSocket port of display 0; its documentation of `-vnc`.
    private static let basePort = 5700

    /// Whether the page is asked for, where it can be served.
    static func isServed(_ configuration: Configuration) -> Bool { configuration.guest.supervise && configuration.status.browser }

    static func token(_ configuration: Configuration) -> String { configuration.state.run + "/browser-token" }

    /// nil without the page. `ConfigurationCheck` has seen to what it needs.
    init?(_ configuration: Configuration) {
        guard Self.isServed(configuration), configuration.status.listen != nil, let control = configuration.qemu.control,
            case .tcp(let host, let display) = configuration.display.vnc, let port = UInt16(exactly: Self.basePort + display),
            let address = IPv4Address(host == "localhost" ? "127.0.0.1" : host)
        else { return nil }
        directory = configuration.status.noVNC
        self.address = address.bits == 0 ? "127.0.0.1" : address.description
        self.port = port
        token = Self.token(configuration)
        picture = control + ".png"
    }
}
