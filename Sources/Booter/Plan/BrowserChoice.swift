import BootSettings
import Diagnostics
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

    static func choose(_ configuration: Configuration, _ notes: inout PlanNotes) -> BrowserChoice? {
        guard isServed(configuration) else { return nil }
        guard configuration.status.listen != nil else {
            return refuse(
                &notes, "status.listen is none: nothing serves the page", "set status.listen to 127.0.0.1:9100 or another address")
        }
        guard configuration.display.vncPasswordFile != nil else {
            return refuse(
                &notes, "display.vnc_password_file is none: a page of any site could use the screen by way of this machine's browsers",
                "set it to a file with a password")
        }
        guard case .tcp(let host, let display) = configuration.display.vnc, let port = UInt16(exactly: basePort + display),
            let address = host == "localhost" ? IPv4Address("127.0.0.1") : IPv4Address(host)
        else { return refuse(&notes, "display.vnc has no IPv4 address", "set it to 127.0.0.1:0") }
        guard let control = configuration.qemu.control else {
            return refuse(&notes, "qemu.qmp is none: there would be no pictures of the screen", "leave qemu.qmp out")
        }
        return BrowserChoice(
            directory: configuration.status.noVNC, address: address.bits == 0 ? "127.0.0.1" : address.description, port: port,
            token: token(configuration), picture: control + ".png")
    }

    private static func refuse(_ notes: inout PlanNotes, _ cause: String, _ remedy: String) -> BrowserChoice? {
        notes.refuse(.network, "status.browser is true, but " + cause, remedy: remedy, exit: .config)
        return nil
    }
}
