import Diagnostics
import Glibc
import LinuxSupport
import NetworkValues

/// What a supervisor serves by HTTP, and the screens that browsers have open.
struct WebDesk: ~Copyable {
    private var server: HTTPServer
    private var browser: (pages: BrowserPages, choice: BrowserChoice)?
    private var relays: [StreamRelay] = []
    /// Requests of QEMU that write a picture, and who waits for it.
    private var pictures: [(request: Int, connection: Int)] = []

    private static let relayLimit = 8

    /// What only the supervisor can answer, with the number of the connection.
    enum Demand {
        case page(String, Int)
        case power(Int)
        case picture(Int)
    }

    /// - Throws: when it cannot listen there, or the token cannot be kept.
    init(_ address: ListenAddress, _ choice: BrowserChoice?, _ applier: inout Applier) throws(OperationError) {
        if let choice {
            let token = WebToken.random()
            try applier.keepSecret(token.text + "\n", at: choice.token)
            browser = (BrowserPages(sessions: WebSessions(token: token), directory: choice.directory), choice)
        } else {
            browser = nil
        }
        server = try HTTPServer(address)
    }

    /// What poll(2) has to watch.
    var watched: [(descriptor: Int32, events: Int16)] { server.watched + relays.flatMap(\.watched) }

    /// When `turn` has something to do.
    var deadline: ContinuousClock.Instant? { server.deadline }

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
        guard relays.count < Self.relayLimit, let address = IPv4Address(choice.address),
            let screen = StreamRelay.connect(address, port: choice.port)
        else { return server.answer(HTTPResponse(.unavailable), to: connection) }
        if let client = server.release(connection) { relays.append(StreamRelay(client, screen, first: handshake)) }
    }

    mutating func answer(_ response: HTTPResponse, to connection: Int) { server.answer(response, to: connection) }

    /// QEMU was asked to write a picture.
    mutating func wait(for request: Int, _ connection: Int) { pictures.append((request, connection)) }

    /// Where QEMU writes pictures; nil without the browser view.
    var picture: String? { browser?.choice.picture }

    /// There is no QEMU any more: the next one counts its requests anew.
    mutating func forgetPictures() {
        for (_, connection) in pictures { server.answer(HTTPResponse(.unavailable), to: connection) }
        pictures = []
    }

    /// QEMU has answered, or refused, a request.
    mutating func finish(_ request: Int, isWritten: Bool) {
        guard let index = pictures.firstIndex(where: { $0.request == request }), let picture else { return }
        let connection = pictures.remove(at: index).connection
        defer { unlink(picture) }
        do {
            guard isWritten else { throw OperationError("", "", cause: "", exit: .tempFail) }
            var response = HTTPResponse(.ok, type: "image/png", "")
            response.body = try Screenshot.read(picture)
            server.answer(response, to: connection)
        } catch {
            server.answer(HTTPResponse(.unavailable), to: connection)
        }
    }
}
