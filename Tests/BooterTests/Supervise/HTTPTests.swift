import Glibc
import Lifecycle
import LinuxSupport
import NetworkValues
import TestSupport
import Testing

@testable import Booter

/// The server of the status, as far as it is text. KernelTests have clients.
struct HTTPTests {
    private static func parse(_ text: String) -> HTTPRequest.Parsed { HTTPRequest.parse(Array(text.utf8)) }

    @Test func aRequest() throws {
        let parsed = Self.parse("GET /status.json?a=b?c HTTP/1.1\r\nHost: localhost:9100\r\nX-Some:\tthing \r\n\r\n")
        guard case .request(let request) = parsed else {
            Issue.record("\(parsed)")
            return
        }
        #expect(request.method == .get && request.path == "/status.json" && request.query == "a=b?c" && request.body.isEmpty)
        #expect(request["host"] == "localhost:9100" && request["x-some"] == "thing" && request["other"] == nil)
        // Every beginning of it is incomplete.
        let text = "POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc"
        for count in 0..<text.utf8.count { #expect(HTTPRequest.parse(Array(text.utf8.prefix(count))) == .incomplete) }
        guard case .request(let post) = Self.parse(text) else {
            Issue.record("\(text)")
            return
        }
        #expect(post.method == .post && post.body == Array("abc".utf8))
        #expect(Self.parse("GET / HTTP/1.0\r\n\r\n") != .refused(.badRequest))
    }

    @Test(
        arguments: [
            ("GET / HTTP/1.1\r\n\r\n", .badRequest), ("GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", .badRequest),
            ("GET / HTTP/2.0\r\nHost: a\r\n\r\n", .badRequest), ("GET  / HTTP/1.1\r\nHost: a\r\n\r\n", .badRequest),
            ("GET http://a/ HTTP/1.1\r\nHost: a\r\n\r\n", .badRequest), ("GET /\u{7f} HTTP/1.1\r\nHost: a\r\n\r\n", .badRequest),
            ("GET /ä HTTP/1.1\r\nHost: a\r\n\r\n", .badRequest), ("GET / HTTP/1.1\r\nHost : a\r\n\r\n", .badRequest),
            ("GET / HTTP/1.1\r\nHost: a\r\n folded\r\n\r\n", .badRequest), ("GET / HTTP/1.1\r\nHost: a\nX: b\r\n\r\n", .badRequest),
            ("GET / HTTP/1.1\r\nHost: a\rX: b\r\n\r\n", .badRequest), ("GET / HTTP/1.1\r\nHost: a\r\nno colon\r\n\r\n", .badRequest),
            ("\r\n\r\n", .badRequest), ("GET / HTTP/1.1\r\nHost: a\r\n\r\nmore", .badRequest),
            ("DELETE / HTTP/1.1\r\nHost: a\r\n\r\n", .methodNotAllowed), ("get / HTTP/1.1\r\nHost: a\r\n\r\n", .methodNotAllowed),
            ("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n", .badRequest),
            ("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: +1\r\n\r\n", .badRequest),
            ("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n", .badRequest),
            ("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999999999999999\r\n\r\n", .badRequest),
            ("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4097\r\n\r\n", .contentTooLarge),
            ("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\nab", .badRequest),
            ("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n", .notImplemented),
            ("POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\n\r\n", .notImplemented),
        ] as [(String, HTTPStatus)])
    func whatIsRefused(text: String, status: HTTPStatus) {
        #expect(Self.parse(text) == .refused(status))
    }

    /// A port that was free a moment ago.
    private static func freePort() -> UInt16 {
        let socket = OwnedDescriptor(adopting: Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0))
        var name = sockaddr_in()
        name.sin_family = sa_family_t(AF_INET)
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        withUnsafeMutablePointer(to: &name) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                _ = bind(socket.rawValue, $0, size)
                _ = getsockname(socket.rawValue, $0, &size)
            }
        }
        return UInt16(bigEndian: name.sin_port)
    }

    @Test func aPortThatIsTaken() throws {
        let address = try #require(ListenAddress("127.0.0.1:\(Self.freePort())"))
        let other = try TCPListener(address)
        var server = HTTPServer(address)
        #expect(server.takeNotices() == ["listen at \(address): Address already in use: the status is not served there; trying again"])
        #expect(server.watched.isEmpty && server.deadline != nil)
        // Said once.
        #expect(server.receive([], now: .now + .seconds(2)).isEmpty && server.takeNotices().isEmpty && server.watched.isEmpty)
        _ = consume other
        #expect(server.receive([], now: .now + .seconds(60)).isEmpty && server.takeNotices() == ["listens at \(address)"])
        #expect(server.watched.count == 1 && server.deadline == nil)
    }

    /// RFC 5737 and RFC 3849: addresses for documentation, which no machine has.
    @Test(arguments: ["192.0.2.77", "[2001:db8::77]"]) func anAddressThatIsNotThereYet(host: String) throws {
        let address = try #require(ListenAddress("\(host):\(Self.freePort())"))
        var server = HTTPServer(address)
        #expect(server.takeNotices().contains { $0.contains("yet") } && server.watched.count == 1)
    }

    @Test func aHeadWithoutEnd() {
        #expect(Self.parse("GET / HTTP/1.1\r\nX: " + String(repeating: "a", count: HTTPRequest.headLimit)) == .refused(.headersTooLarge))
        #expect(
            Self.parse("GET / HTTP/1.1\r\nX: " + String(repeating: "a", count: HTTPRequest.headLimit) + "\r\n\r\n")
                == .refused(.headersTooLarge))
    }

    /// Whatever comes, there is an answer.
    @Test func rubbish() {
        var random = SplitMix64(seed: 14)
        let base = Array("POST /metrics HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc".utf8)
        for _ in 0..<20_000 {
            var bytes = base
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                bytes[Int.random(in: bytes.indices, using: &random)] = UInt8.random(in: 0...255, using: &random)
            }
            _ = HTTPRequest.parse(bytes)
        }
    }

    @Test func anAnswer() {
        let text = String(decoding: HTTPResponse(.ok, type: "application/json", "{}").bytes(), as: UTF8.self)
        #expect(text.hasPrefix("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\nConnection: close\r\n"))
        #expect(text.hasSuffix("\r\n\r\n{}") && text.contains("nosniff"))
        #expect(String(decoding: HTTPResponse(.ok, "{}").bytes(hasBody: false), as: UTF8.self).hasSuffix("\r\n\r\n"))
        #expect(String(decoding: HTTPResponse(.methodNotAllowed).bytes(), as: UTF8.self).contains("\r\nAllow: GET, HEAD\r\n"))
    }

    /// On loopback, a name of another site that means this machine is not ours.
    @Test(arguments: [
        ("127.0.0.1:9100", "localhost", true), ("127.0.0.1:9100", "127.0.0.1:9100", true), ("127.0.0.1:9100", "localhost:9100", true),
        ("127.0.0.1:9100", "127.0.0.1", true), ("[::1]:9100", "[::1]:9100", true), ("127.0.0.1:9100", "evil.example", false),
        ("127.0.0.1:9100", "evil.example:9100", false), ("127.0.0.1:9100", "192.0.2.1:9100", false),
        ("127.0.0.1:9100", "localhost.evil.example:9100", false), ("0.0.0.0:9100", "boot.cluster.local:9100", true),
    ])
    func names(address: String, host: String, isOurs: Bool) throws {
        let address = try #require(ListenAddress(address))
        let request = HTTPRequest(method: .get, path: "/metrics", query: nil, headers: [("host", host)], body: [])
        #expect(StatusPages.isForUs(request, at: address) == isOurs)
    }

    @Test func pages() {
        func answer(_ method: HTTPRequest.Method, _ path: String) -> HTTPStatus? {
            StatusPages.answer(HTTPRequest(method: method, path: path, query: nil, headers: [("host", "localhost")], body: []))?.status
        }
        for path in ["/metrics", "/status.json", "/healthz"] {
            #expect(answer(.get, path) == nil && answer(.head, path) == nil && answer(.post, path) == .methodNotAllowed)
        }
        for path in ["/", "/metrics/", "//metrics", "/../metrics", "/%6detrics"] { #expect(answer(.get, path) == .notFound) }
        var status = FiguresTests.report()
        #expect(StatusPages.page("/healthz", status).status == .ok)
        status.phase = .paused(.disk)
        #expect(StatusPages.page("/healthz", status).status == .unavailable)
        #expect(StatusPages.page("/metrics", status).type.contains("version=0.0.4"))
    }

    @Test func labelsAreEscaped() {
        let text = StatusMetrics(FiguresTests.report(disk: "a\"b\\c\nd")).text
        #expect(text.contains(#"{disk="a\"b\\c?d"} 1099511627776"#), "\(text)")
        #expect(text.split(separator: "\n").allSatisfy { $0.hasPrefix("# ") || $0.hasPrefix("macos_virt_") })
    }

    @Test func addresses() {
        for text in ["127.0.0.1:9100", "[::1]:1", "0.0.0.0:65535", "[2001:db8::1]:80"] {
            #expect(ListenAddress(text)?.description == text)
        }
        for text in [
            "", "9100", ":9100", "localhost:9100", "127.0.0.1", "127.0.0.1:0", "127.0.0.1:65536", "127.0.0.1:09", "::1:80", "[::1]",
        ] {
            #expect(ListenAddress(text) == nil, "\(text)")
        }
        #expect(["127.0.0.1:1", "127.9.9.9:1", "[::1]:1"].allSatisfy { ListenAddress($0)?.isLoopback == true })
        #expect(["0.0.0.0:1", "10.0.0.1:1", "[::]:1", "[::2]:1"].allSatisfy { ListenAddress($0)?.isLoopback == false })
        for (text, local) in [("0.0.0.0:1", "127.0.0.1:1"), ("[::]:1", "[::1]:1"), ("10.0.0.1:1", "10.0.0.1:1"), ("[::2]:1", "[::2]:1")] {
            #expect(ListenAddress(text)?.local == local)
        }
    }
}
