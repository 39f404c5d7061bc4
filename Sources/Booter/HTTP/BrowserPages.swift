import Diagnostics
import Glibc
import LinuxSupport
import NetworkValues
import QMP
import SystemPackage

/// The browser view: a page of our own, noVNC's scripts, and what they ask for.
struct BrowserPages {
    var sessions: WebSessions
    /// Where noVNC is.
    let directory: String

    /// What follows a request.
    enum Step {
        case answer(HTTPResponse)
        /// A page that needs the figures of now.
        case figures
        /// The guest's power button.
        case power
        case screenshot
        /// The connection becomes a WebSocket of QEMU's VNC server, which gets this.
        case screen(handshake: [UInt8])
    }

    /// Pages that show nothing of the guest.
    private static let open = ["/": "text/html; charset=utf-8", "/app.js": "text/javascript", "/app.css": "text/css"]
    /// noVNC's modules.
    private static let prefix = "/novnc/"

    mutating func step(_ request: HTTPRequest) -> Step {
        switch (request.method, request.path) {
        case (.post, "/login"): return .answer(login(request))
        case (.post, "/power"): return sessions.mayChange(request) ? .power : .answer(HTTPResponse(.forbidden))
        case (.post, _): return .answer(HTTPResponse(.methodNotAllowed))
        case (_, "/healthz"): return .figures
        case (_, let path) where Self.open[path] != nil: return .answer(Self.own(path))
        default: break
        }
        guard sessions.mayRead(request) else { return .answer(HTTPResponse(.forbidden)) }
        switch request.path {
        case "/metrics", "/status.json": return .figures
        case "/session":
            guard let session = sessions.session(of: request) else { return .answer(HTTPResponse(.forbidden)) }
            return .answer(Self.proof(session))
        case "/screenshot.png": return .screenshot
        case "/screen":
            guard WebSessions.isFromOwnPage(request), let handshake = Self.handshake(request) else {
                return .answer(HTTPResponse(.forbidden))
            }
            return .screen(handshake: handshake)
        case let path where path.hasPrefix(Self.prefix):
            return .answer(module(String(path.dropFirst(Self.prefix.count))))
        default: return .answer(HTTPResponse(.notFound))
        }
    }

    private mutating func login(_ request: HTTPRequest) -> HTTPResponse {
        guard WebSessions.isFromOwnPage(request), let session = sessions.open(String(decoding: request.body, as: UTF8.self).trimmed) else {
            return HTTPResponse(.forbidden)
        }
        var response = Self.proof(session)
        response.headers = [("Set-Cookie", "\(sessions.cookie)=\(session.key.text); Path=/; HttpOnly; SameSite=Strict")]
        return response
    }

    private static func proof(_ session: WebSessions.Session) -> HTTPResponse {
        HTTPResponse(.ok, type: "application/json", QMP.JSONValue.object([.init("proof", .string(session.proof.text))]).text)
    }

    private static func own(_ path: String) -> HTTPResponse {
        let bytes =
            switch path {
            case "/app.js": PackageResources.app_js
            case "/app.css": PackageResources.app_css
            default: PackageResources.index_html
            }
        var response = HTTPResponse(.ok, type: open[path] ?? "text/plain", "")
        response.body = bytes
        response.policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; connect-src 'self'"
        return response
    }

    /// More than the largest of noVNC's.
    private static let moduleLimit = 1 << 20

    private func module(_ path: String) -> HTTPResponse {
        guard Self.isModule(path) else { return HTTPResponse(.notFound) }
        do {
            let root = FileRoot.live
            var response = HTTPResponse(.ok, type: "text/javascript", "")
            response.body = Array(try root.text("\(directory)/\(path)", limit: Self.moduleLimit).utf8)
            return response
        } catch {
            return HTTPResponse(.notFound)
        }
    }

    /// Names of scripts below `core` and `vendor`, and nothing that leads elsewhere.
    static func isModule(_ path: String) -> Bool {
        let parts = path.split(separator: "/", omittingEmptySubsequences: false)
        guard (2...6).contains(parts.count), ["core", "vendor"].contains(parts[0]), path.hasSuffix(".js") else { return false }
        return parts.allSatisfy { part in
            part.utf8.first != UInt8(ascii: ".") && !part.isEmpty
                && part.utf8.allSatisfy {
                    (0x61...0x7a).contains($0 | 0x20) || (0x30...0x39).contains($0) || "._-".utf8.contains($0)
                }
        }
    }

    /// What QEMU gets in place of the browser's request: RFC 6455, 4.1. QEMU asks for the protocol `binary`.
    static func handshake(_ request: HTTPRequest) -> [UInt8]? {
        guard request.method == .get, request["upgrade"]?.lowercased() == "websocket", request["sec-websocket-version"] == "13",
            let key = request["sec-websocket-key"], key.utf8.count == 24,
            key.utf8.allSatisfy({ (0x61...0x7a).contains($0 | 0x20) || (0x30...0x39).contains($0) || "+/=".utf8.contains($0) })
        else { return nil }
        let lines = [
            "GET / HTTP/1.1", "Host: localhost", "Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Version: 13",
            "Sec-WebSocket-Protocol: binary", "Sec-WebSocket-Key: " + key,
        ]
        return Array((lines.joined(separator: "\r\n") + "\r\n\r\n").utf8)
    }
}
