/// A QMP session without its socket: what is sent and what is received, and which answer belongs to which command.
package struct Session: Sendable {
    /// A command that was sent.
    package struct Request: Equatable, Sendable {
        /// Counted from 1, for each connection.
        package let number: Int
        package let command: String
        /// When to stop waiting for its answer; nil for never.
        package let deadline: ContinuousClock.Instant?
        fileprivate let id: String?
    }
    package enum Received: Sendable {
        case greeting(Greeting)
        case answer(Request, JSONText)
        case refusal(Request, Refusal)
        case event(Event)
    }

    /// In bytes: longer than any answer except the schema.
    package static let lineLimit = 1 << 20

    private var framer: LineFramer
    /// Whether lines that are not messages, and answers without a command, are ignored.
    private let isLenient: Bool
    /// In the order in which they were sent.
    private var pending: [Request] = []
    /// Numbers of abandoned requests, whose answers may still come.
    private var abandoned: Set<Int> = []
    private var count = 0
    private var hasGreeting = false

    /// - Parameters:
    ///   - lineLimit: the longest line that is accepted, in bytes.
    ///   - isLenient: for a QEMU behind a program that may write other lines to the same output.
    package init(lineLimit: Int = Session.lineLimit, isLenient: Bool = false) {
        framer = LineFramer(limit: lineLimit)
        self.isLenient = isLenient
    }

    /// When the next deadline passes.
    package var deadline: ContinuousClock.Instant? { pending.lazy.filter { !abandoned.contains($0.number) }.compactMap(\.deadline).min() }

    /// The commands that wait for an answer.
    package var requests: [Request] { pending.filter { !abandoned.contains($0.number) } }

    /// Opens the session: the first line to send. It can be sent before QEMU's greeting.
    package mutating func negotiate(until deadline: ContinuousClock.Instant? = nil) -> (request: Request, line: String) {
        submit(.capabilities, named: nil, until: deadline)
    }

    /// Adds a command.
    /// - Returns: the line to send.
    package mutating func submit<Answer>(
        _ command: Command<Answer>, until deadline: ContinuousClock.Instant? = nil
    ) -> (request: Request, line: String) {
        submit(command, named: String(count + 1), until: deadline)
    }

    /// - Parameter id: what QEMU adds to its answer; nil adds nothing.
    package mutating func submit<Answer>(
        _ command: Command<Answer>, named id: String?, until deadline: ContinuousClock.Instant? = nil
    ) -> (request: Request, line: String) {
        count += 1
        let request = Request(number: count, command: command.name, deadline: deadline, id: id)
        pending.append(request)
        return (request, command.line(id: id))
    }

    /// Handles bytes from the socket.
    /// - Throws: for anything that is not QMP. The session is unusable afterwards.
    package mutating func receive(_ bytes: [UInt8]) throws(ProtocolError) -> [Received] {
        var received: [Received] = []
        for line in try framer.lines(adding: bytes) {
            guard let message = Message(line) else {
                if isLenient { continue }
                throw .rubbish(line: line)
            }
            if let next = try take(message) { received.append(next) }
        }
        return received
    }

    private mutating func take(_ message: Message) throws(ProtocolError) -> Received? {
        switch message {
        case .greeting(let greeting):
            guard !hasGreeting || isLenient else { throw .unexpected("a second greeting") }
            hasGreeting = true
            return .greeting(greeting)
        case .event(let event): return .event(event)
        case .answer(let id, let answer):
            guard let index = pending.firstIndex(where: { $0.id == id }) else { return try stray("an answer to no command") }
            return finish(at: index).map { .answer($0, answer) }
        case .refusal(let id, let refusal):
            // QEMU cannot quote the id of a line that it could not parse: its error belongs to the first command without an answer.
            let index = pending.firstIndex { $0.id == id } ?? (id == nil ? pending.indices.first : nil)
            guard let index else { return try stray("an error without a command") }
            return finish(at: index).map { .refusal($0, refusal) }
        }
    }

    private func stray(_ message: String) throws(ProtocolError) -> Received? {
        if isLenient { return nil }
        throw .unexpected(message)
    }

    /// nil for an abandoned request.
    private mutating func finish(at index: Int) -> Request? {
        let request = pending.remove(at: index)
        return abandoned.remove(request.number) == nil ? request : nil
    }

    /// - Returns: the requests whose deadline has passed; their answers are dropped when they come.
    package mutating func expire(at now: ContinuousClock.Instant) -> [Request] {
        let late = requests.filter { $0.deadline.map { $0 <= now } ?? false }
        late.forEach { abandon($0.number) }
        return late
    }

    /// The answer to this request is dropped when it comes.
    package mutating func abandon(_ number: Int) {
        if pending.contains(where: { $0.number == number }) { abandoned.insert(number) }
    }
}
