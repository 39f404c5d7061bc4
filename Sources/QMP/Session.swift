/// A QMP session without its socket: what is sent and what is received, and which answer belongs to which command.
package struct Session: Sendable {
    /// A command that was sent.
    package struct Request: Equatable, Sendable {
        /// Counted from 1, for each connection.
        package let number: Int
        package let command: String
        /// When its answer is no longer waited for; nil for never.
        package let deadline: ContinuousClock.Instant?
        fileprivate let id: String?
    }
    package enum Received: Sendable {
        case greeting(Greeting)
        case answer(Request, JSONText)
        case refusal(Request, Refusal)
        case event(Event)
    }

    /// Bytes of a line: more than any answer has but the schema's.
    package static let lineLimit = 1 << 20

    private var framer: LineFramer
    /// Whether lines that are no messages, and answers to nothing, are passed over.
    private let isLenient: Bool
    /// In the order in which they were sent.
    private var pending: [Request] = []
    /// Numbers of requests that nobody waits for any more; their answers may still come.
    private var abandoned: Set<Int> = []
    private var count = 0
    private var hasGreeting = false

    /// - Parameters:
    ///   - lineLimit: the longest line that is taken, in bytes.
    ///   - isLenient: for a QEMU behind a program that may write other lines to the same output.
    package init(lineLimit: Int = Session.lineLimit, isLenient: Bool = false) {
        framer = LineFramer(limit: lineLimit)
        self.isLenient = isLenient
    }

    /// The next moment at which `expire` has something to say.
    package var deadline: ContinuousClock.Instant? { pending.lazy.filter { !abandoned.contains($0.number) }.compactMap(\.deadline).min() }

    /// The commands whose answers are waited for.
    package var requests: [Request] { pending.filter { !abandoned.contains($0.number) } }

    /// Opens the session: to be sent before everything else. QEMU need not have greeted yet.
    package mutating func negotiate(until deadline: ContinuousClock.Instant? = nil) -> (request: Request, line: String) {
        submit(.capabilities, named: nil, until: deadline)
    }

    /// Takes a command in.
    /// - Returns: the line that has to be sent.
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

    /// Takes what came from the socket.
    /// - Throws: for what is not QMP. The session is of no use afterwards.
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
            // Of a line that QEMU cannot read it cannot say the id: that is the first one without an answer.
            let index = pending.firstIndex { $0.id == id } ?? (id == nil ? pending.indices.first : nil)
            guard let index else { return try stray("an error without a command") }
            return finish(at: index).map { .refusal($0, refusal) }
        }
    }

    private func stray(_ message: String) throws(ProtocolError) -> Received? {
        if isLenient { return nil }
        throw .unexpected(message)
    }

    /// nil for a request that nobody waits for.
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
