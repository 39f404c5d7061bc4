import NetworkValues
import QemuArgs
import Testing

@testable import BootSettings
@testable import Booter

/// Who may use the browser view, and what it serves. KernelTests have a real browser.
struct BrowserTests {
    private static let token = WebToken(text: "0123456789abcdef0123456789abcdef")
    private static let origin = ("origin", "http://localhost:9100")

    private static func request(
        _ method: HTTPRequest.Method, _ path: String, _ headers: [(String, String)] = [], body: String = ""
    ) -> HTTPRequest {
        HTTPRequest(
            method: method, path: path, query: nil, headers: [("host", "localhost:9100")] + headers.map { (name: $0.0, value: $0.1) },
            body: Array(body.utf8))
    }

    private static func pages() -> BrowserPages { BrowserPages(sessions: WebSessions(token: token, port: 9100), directory: "/nonexistent") }

    /// The status of an answer; nil for what is not answered at once.
    private static func status(_ pages: inout BrowserPages, _ request: HTTPRequest) -> HTTPStatus? {
        if case .answer(let response) = pages.step(request) { response.status } else { nil }
    }

    @Test func tokens() {
        let tokens = (0..<64).map { _ in WebToken.random().text }
        #expect(Set(tokens).count == 64)
        #expect(tokens.allSatisfy { $0.utf8.count == 32 && $0.utf8.allSatisfy { "0123456789abcdef".utf8.contains($0) } })
        #expect(Self.token.matches(Self.token.text) && !Self.token.matches("") && !Self.token.matches(Self.token.text + "0"))
        #expect(!Self.token.matches("1123456789abcdef0123456789abcdef"))
    }

    @Test func nothingWithoutTheToken() {
        var pages = Self.pages()
        for path in ["/", "/app.js", "/app.css"] { #expect(Self.status(&pages, Self.request(.get, path)) == .ok) }
        for path in ["/status.json", "/metrics", "/session", "/screenshot.png", "/screen", "/novnc/core/rfb.js", "/nothing"] {
            let status = Self.status(&pages, Self.request(.get, path))
            #expect(status == .forbidden, "\(path)")
            let head = Self.status(&pages, Self.request(.head, path))
            #expect(head == .forbidden, "\(path)")
        }
        let power = Self.status(&pages, Self.request(.post, "/power", [Self.origin]))
        #expect(power == .forbidden)
        // A health check tells one word.
        let health = Self.status(&pages, Self.request(.get, "/healthz"))
        #expect(health == nil)
        for (scheme, text, isLetIn) in [
            ("Bearer", Self.token.text, true), ("bearer", Self.token.text, true), ("Basic", Self.token.text, false), ("Bearer", "x", false),
        ] {
            let status = Self.status(&pages, Self.request(.get, "/metrics", [("authorization", scheme + " " + text)]))
            #expect((status == nil) == isLetIn)
        }
    }

    @Test func aSession() throws {
        var pages = Self.pages()
        for (headers, body) in [
            ([Self.origin], "wrong"), ([], Self.token.text), ([("origin", "http://evil.example")], Self.token.text),
            ([("origin", "null")], Self.token.text), ([("origin", "http://localhost:9101")], Self.token.text),
        ] {
            let status = Self.status(&pages, Self.request(.post, "/login", headers, body: body))
            #expect(status == .forbidden)
        }
        guard case .answer(let response) = pages.step(Self.request(.post, "/login", [Self.origin], body: Self.token.text)) else {
            Issue.record("no answer")
            return
        }
        let header = try #require(response.headers.first)
        #expect(response.status == .ok && header.name == "Set-Cookie" && header.value.hasSuffix("; Path=/; HttpOnly; SameSite=Strict"))
        let cookie = ("cookie", "other=1; " + (header.value.split(separator: ";").first ?? ""))
        let proof = String(String(decoding: response.body, as: UTF8.self).dropFirst(#"{"proof":""#.count).prefix(32))
        #expect(!response.headers.contains { $0.value.contains(proof) })
        let read = Self.status(&pages, Self.request(.get, "/status.json", [cookie]))
        #expect(read == nil)
        let module = Self.status(&pages, Self.request(.get, "/novnc/core/rfb.js", [cookie]))
        #expect(module == .notFound)
        // What changes something needs all three.
        let all = [cookie, Self.origin, ("x-proof", proof)]
        let power = Self.status(&pages, Self.request(.post, "/power", all))
        #expect(power == nil)
        for missing in 0..<3 {
            var some = all
            some.remove(at: missing)
            let status = Self.status(&pages, Self.request(.post, "/power", some))
            #expect(status == .forbidden)
        }
        let wrong = Self.status(&pages, Self.request(.post, "/power", [cookie, Self.origin, ("x-proof", String(proof.reversed()))]))
        #expect(wrong == .forbidden)
        let screen = Self.status(&pages, Self.request(.get, "/screen", [cookie, Self.origin]))
        #expect(screen == .forbidden, "no WebSocket")
        let handshake = [("upgrade", "WebSocket"), ("sec-websocket-version", "13"), ("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ==")]
        let opened = Self.status(&pages, Self.request(.get, "/screen", [cookie, Self.origin] + handshake))
        #expect(opened == nil)
        let foreign = Self.status(&pages, Self.request(.get, "/screen", [cookie, ("origin", "http://evil.example")] + handshake))
        #expect(foreign == .forbidden)
    }

    @Test func sessionsEnd() throws {
        var sessions = WebSessions(token: Self.token, port: 9100)
        let now = ContinuousClock.now
        var requests: [HTTPRequest] = []
        for _ in 0..<9 {
            let opened = sessions.open(Self.token.text, at: now)
            let session = try #require(opened)
            requests.append(Self.request(.get, "/", [("cookie", "macos_virt_9101=x; macos_virt_9100=" + session.key.text)]))
        }
        #expect(sessions.session(of: requests[0], at: now) == nil, "the oldest of nine")
        #expect(sessions.session(of: requests[1], at: now) != nil && sessions.session(of: requests[8], at: now) != nil)
        #expect(sessions.session(of: requests[8], at: now + .seconds(13 * 3600)) == nil)
    }

    @Test func modules() {
        for path in ["core/rfb.js", "core/input/keyboard.js", "vendor/pako/lib/zlib/inflate.js"] { #expect(BrowserPages.isModule(path)) }
        for path in [
            "", "vnc.html", "core", "core/", "core/../../../etc/passwd", "core/..js", "core/.hidden.js", "core//a.js", "/core/a.js",
            "app/ui.js", "core/a.js/", "core/%2e%2e/a.js", "core/a\0.js", "core/a.json",
        ] { #expect(!BrowserPages.isModule(path), "\(path)") }
    }

    @Test func whatItNeeds() {
        func plan(_ change: (inout Configuration) -> Void) -> BootPlan {
            Sample.plan(
                .with {
                    ($0.guest.supervise, $0.status.browser, $0.display.vncPasswordFile) = (true, true, "/etc/password")
                    $0.status.listen = .init("127.0.0.1:9100")
                    change(&$0)
                })
        }
        let good = plan { _ in }
        #expect(good.refusal == nil && good.supervision?.browser?.port == 5700 && good.supervision?.browser?.address == "127.0.0.1")
        #expect(good.qemu?.argv.contains("127.0.0.1:0,password-secret=vnc-password,websocket=on") == true)
        let all = plan { $0.display.vnc = .tcp(host: "0.0.0.0", display: 3) }
        #expect(all.supervision?.browser?.address == "127.0.0.1" && all.supervision?.browser?.port == 5703)
        let off = plan { $0.guest.supervise = false }
        #expect(off.warnings.contains { $0.contains("nothing serves a status at status.listen") })
        #expect(off.refusal == nil && off.qemu?.argv.contains { $0.contains("websocket") } == false)
    }
}
