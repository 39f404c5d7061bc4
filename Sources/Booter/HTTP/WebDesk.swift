import Diagnostics
import Glibc
import LinuxSupport
import NetworkValues

/// What a supervisor serves by HTTP, and the screens that browsers have open.
struct WebDesk: ~Copyable {
    private var server: HTTPServer
    private var browser: (pages: BrowserPages, choice: BrowserChoice)?
    private var relays: [StreamRelay] = []
    /// The request that has QEMU write a picture, and who waits for it. One at a time: there is one file.
    private var awaited: (request: Int, connections: [Int])?

    private static let relayLimit = 8

    /// What only the supervisor can answer, with the number of the connection.
    enum Demand {
        case page(String, Int)
        case power(Int)
        case picture(Int)
    }

    /// - Throws: when the token cannot be kept.
    init(_ address: ListenAddress, _ choice: BrowserChoice?, _ applier: inout Applier) throws(OperationError) {
        if let choice {
            let token = WebToken.random()
            try applier.keepSecret(token.text + "\n", at: choice.token)
            browser = (BrowserPages(sessions: WebSessions(token: token, port: address.port), directory: choice.directory), choice)
        } else {
            browser = nil
        }
        server = HTTPServer(address)
    }

    /// What poll(2) has to watch.
    var watched: [(descriptor: Int32, events: Int16)] { server.watched + relays.flatMap(\.watched) }

    /// When `turn` has something to do.
    var deadline: ContinuousClock.Instant? { server.deadline }

    /// What people should know of the address.
    mutating func takeNotices() -> [String] { server.takeNotices() }

    mutating func turn(_ ready: [Int32]) -> [Demand] {
        for relay in relays { relay.move(ready) }
        relays.removeAll(where: \.isOver)
        return server.receive(ready).compactMap { demand($0.request, $0.connection) }
    }

    private mutating func demand(_ request: HTTPRequest, _ connection: Int) -> Demand? {
        guard StatusPages.isForUs(request, at: server.address) else {
            server.answer(HTTPResponse(.misdirected), to: connection)
            return nil
        }
        guard var open = browser else {
            guard let answer = StatusPages.answer(request) else { return .page(request.path, connection) }
            server.answer(answer, to: connection)
            return nil
        }
        let step = open.pages.step(request)
        browser = open
        switch step {
        case .answer(let response): server.answer(response, to: connection)
        case .figures: return .page(request.path, connection)
        case .power: return .power(connection)
        case .screenshot: return .picture(connection)
        case .screen(let handshake): relay(connection, open.choice, handshake)
        }
        return nil
    }

    private mutating func relay(_ connection: Int, _ choice: BrowserChoice, _ handshake: [UInt8]) {
        guard let address = IPv4Address(choice.address), let screen = StreamRelay.connect(address, port: choice.port) else {
            return server.answer(HTTPResponse(.unavailable), to: connection)
        }
        // The oldest goes first: it may be of a browser that is gone.
        if relays.count >= Self.relayLimit { relays.removeFirst() }
        if let client = server.release(connection) { relays.append(StreamRelay(client, screen, first: handshake)) }
    }

    mutating func answer(_ response: HTTPResponse, to connection: Int) { server.answer(response, to: connection) }

    /// Has a connection wait for the picture that QEMU writes already.
    /// - Returns: false when it writes none.
    mutating func join(_ connection: Int) -> Bool {
        guard awaited != nil else { return false }
        awaited?.connections.append(connection)
        return true
    }

    /// QEMU was asked to write a picture.
    mutating func wait(for request: Int, _ connection: Int) { awaited = (request, [connection]) }

    /// Where QEMU writes pictures; nil without the browser view.
    var picture: String? { browser?.choice.picture }

    /// There is no QEMU any more: the next one counts its requests anew.
    mutating func forgetPicture() { finish(with: HTTPResponse(.unavailable)) }

    /// QEMU has answered, or refused, a request.
    mutating func finish(_ request: Int, isWritten: Bool) {
        guard awaited?.request == request, let picture else { return }
        defer { unlink(picture) }
        var response = HTTPResponse(.unavailable)
        if isWritten, let bytes = Self.read(picture) {
            response = HTTPResponse(.ok, type: "image/png", "")
            response.body = bytes
        }
        finish(with: response)
    }

    private mutating func finish(with response: HTTPResponse) {
        for connection in awaited?.connections ?? [] { server.answer(response, to: connection) }
        awaited = nil
    }

    private static func read(_ picture: String) -> [UInt8]? {
        do {
            return try Screenshot.read(picture)
        } catch {
            return nil
        }
    }
}
