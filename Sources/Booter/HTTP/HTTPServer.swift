import Diagnostics
import Glibc
import Lifecycle
import LinuxSupport
import NetworkValues

/// A small server of HTTP/1.1 for a poll loop: one request a connection, bounded in number, size and time.
///
/// Whom it serves runs without it, too: where it cannot listen it says so, and tries again.
struct HTTPServer: ~Copyable {
    private var listener: TCPListener?
    private var failures = 0
    /// When to try again to listen.
    private var retry: ContinuousClock.Instant?
    private var notices: [String] = []
    let address: ListenAddress
    private var connections: [Connection] = []
    private var count = 0

    private static let connectionLimit = 16
    /// How long the client may take for its request.
    private static let headPatience = Duration.seconds(3)
    /// How long the answer may take, and how long the client may take nothing of it.
    private static let patience = Duration.seconds(10)
    /// How long the client may take for the whole answer.
    private static let answerPatience = Duration.seconds(300)

    private final class Connection {
        let descriptor: OwnedDescriptor
        let number: Int
        var received: [UInt8] = []
        /// What is left of the answer; nil before there is one.
        var answer: ArraySlice<UInt8>?
        /// Whether its request was handed out.
        var isAsked = false
        var isHead = false
        var deadline = ContinuousClock.now + HTTPServer.headPatience
        /// When the whole answer has to be sent.
        var end = ContinuousClock.now

        var isWaitedFor: Bool { !isAsked && answer == nil }

        init(_ descriptor: consuming OwnedDescriptor, number: Int) {
            self.descriptor = descriptor
            self.number = number
        }
    }

    init(_ address: ListenAddress) {
        self.address = address
        listen()
    }

    private mutating func listen(now: ContinuousClock.Instant = .now) {
        retry = nil
        do {
            let made = try TCPListener(address)
            if made.isEarly {
                notices.append("no interface of this machine has the address of \(address) yet: it is served as soon as one has")
            }
            listener = consume made
            if failures > 0 { notices.append("listens at \(address)") }
            failures = 0
        } catch {
            if failures == 0 { notices.append("\(error.headline): the status is not served there; trying again") }
            failures += 1
            retry = now + LifecyclePolicy.delay(after: failures)
        }
    }

    private var listening: Int32? {
        switch listener {
        case .some(let listener): listener.rawValue
        case .none: nil
        }
    }

    /// What people should know of the listener, each thing once.
    mutating func takeNotices() -> [String] {
        defer { notices = [] }
        return notices
    }

    /// What poll(2) has to watch.
    var watched: [(descriptor: Int32, events: Int16)] {
        // The kernel keeps those that are too many waiting.
        let accepts = hasPlace ? [listening].compactMap { $0 }.map { ($0, Int16(POLLIN)) } : []
        return accepts
            + connections.map { connection in
                (connection.descriptor.rawValue, connection.answer != nil ? Int16(POLLOUT) : connection.isAsked ? 0 : Int16(POLLIN))
            }
    }

    /// One that has not asked yet gives its place to the next one: who connects and says nothing keeps nobody out.
    private var hasPlace: Bool { connections.count < Self.connectionLimit || connections.contains(where: \.isWaitedFor) }

    /// When `receive` has something to do.
    var deadline: ContinuousClock.Instant? { (connections.map(\.deadline) + [retry].compactMap { $0 }).min() }

    /// Takes new connections and what they ask, and goes on with answers.
    /// - Parameter ready: what poll(2) found.
    /// - Returns: each request with the number of its connection, to be answered later.
    mutating func receive(_ ready: [Int32], now: ContinuousClock.Instant = .now) -> [(request: HTTPRequest, connection: Int)] {
        var requests: [(HTTPRequest, Int)] = []
        for connection in connections {
            if connection.deadline <= now {
                // Who is slow gets no more than a word.
                if connection.answer == nil, !connection.isAsked { refuse(connection, .requestTimeout) }
                remove(connection.number)
            } else if ready.contains(connection.descriptor.rawValue) {
                if connection.answer != nil {
                    write(connection)
                } else if connection.isAsked {
                    // It has gone.
                    remove(connection.number)
                } else if let request = read(connection) {
                    requests.append((request, connection.number))
                }
            }
        }
        if let listening, ready.contains(listening) { accept(listening) }
        if let retry, retry <= now { listen(now: now) }
        return requests
    }

    mutating func answer(_ response: HTTPResponse, to number: Int) {
        guard let connection = connections.first(where: { $0.number == number }) else { return }
        connection.answer = response.bytes(hasBody: !connection.isHead)[...]
        connection.deadline = .now + Self.patience
        connection.end = .now + Self.answerPatience
        write(connection)
    }

    /// Gives a connection away that becomes another protocol's.
    mutating func release(_ number: Int) -> OwnedDescriptor? {
        guard let connection = connections.first(where: { $0.number == number }) else { return nil }
        defer { remove(number) }
        do {
            return try connection.descriptor.duplicate()
        } catch {
            return nil
        }
    }

    private mutating func accept(_ listening: Int32) {
        guard hasPlace else { return }
        let raw = Glibc.accept(listening, nil, nil)
        guard raw >= 0 else { return }
        let descriptor = OwnedDescriptor(adopting: raw)
        guard fcntl(raw, F_SETFD, FD_CLOEXEC) == 0, fcntl(raw, F_SETFL, O_NONBLOCK) == 0 else { return }
        if connections.count >= Self.connectionLimit, let oldest = connections.first(where: \.isWaitedFor) { remove(oldest.number) }
        count += 1
        connections.append(Connection(descriptor, number: count))
    }

    private mutating func read(_ connection: Connection) -> HTTPRequest? {
        var buffer = [UInt8](repeating: 0, count: 4096)
        let got = recv(connection.descriptor.rawValue, &buffer, buffer.count, Int32(MSG_DONTWAIT))
        if got < 0, errno == EAGAIN || errno == EINTR { return nil }
        guard got > 0 else {
            remove(connection.number)
            return nil
        }
        connection.received += buffer[..<got]
        switch HTTPRequest.parse(connection.received) {
        case .incomplete: return nil
        case .refused(let status):
            refuse(connection, status)
            return nil
        case .request(let request):
            (connection.isAsked, connection.isHead) = (true, request.method == .head)
            connection.received = []
            connection.deadline = .now + Self.patience
            return request
        }
    }

    private mutating func refuse(_ connection: Connection, _ status: HTTPStatus) {
        connection.answer = HTTPResponse(status).bytes()[...]
        write(connection)
    }

    private mutating func write(_ connection: Connection) {
        guard let answer = connection.answer else { return }
        let sent = answer.withUnsafeBytes {
            send(connection.descriptor.rawValue, $0.baseAddress, $0.count, Int32(MSG_DONTWAIT) | Int32(MSG_NOSIGNAL))
        }
        if sent < 0, errno == EAGAIN || errno == EINTR { return }
        connection.answer = sent < 0 ? [] : answer.dropFirst(sent)
        if sent > 0, connection.end > .now { connection.deadline = min(.now + Self.patience, connection.end) }
        guard connection.answer?.isEmpty == true else { return }
        // The client gets the end of the answer before a reset for what it has sent too much.
        shutdown(connection.descriptor.rawValue, Int32(SHUT_WR))
        remove(connection.number)
    }

    private mutating func remove(_ number: Int) { connections.removeAll { $0.number == number } }
}
