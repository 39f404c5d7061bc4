package import LinuxSupport
import SystemPackage

/// A QMP session over QEMU's socket, for a program that waits: each call returns by its deadline.
///
/// For a poll loop: wait until `rawValue` can be read, then call `events(until:)` with the present moment.
package struct Monitor: ~Copyable {
    private let socket: LocalSocket
    private var session = Session()
    private var isOpen = false
    /// Events that came while an answer was waited for.
    private var events: [Event] = []
    private static let eventLimit = 1 << 16

    /// - Parameter patience: how long connecting and each sending may take: QEMU serves one client, and others wait.
    package init(connectingTo path: String, patience: Duration) throws(MonitorError) {
        do {
            socket = try LocalSocket(connectingTo: path, patience: patience)
        } catch .resourceTemporarilyUnavailable {
            throw .timedOut(patience)
        } catch {
            throw .unreachable(error)
        }
    }

    /// For poll(2).
    package var rawValue: Int32 { socket.rawValue }

    /// Sends a command and waits for QEMU's answer.
    /// - Throws: when it is refused, when no answer comes within `patience`, and when the connection is broken.
    package mutating func execute<Answer>(_ command: Command<Answer>, within patience: Duration) throws(MonitorError) -> Answer {
        try execute(command, within: patience) { (socket, lines) throws(Errno) in try socket.send(lines) }
    }

    /// As `execute`, with a descriptor that goes to QEMU with the command.
    package mutating func execute<Answer>(
        _ command: Command<Answer>, passing descriptor: borrowing OwnedDescriptor, within patience: Duration
    ) throws(MonitorError) -> Answer {
        // The descriptor has to come with the command that takes it.
        if !isOpen { _ = try execute(.queryStatus, within: patience) }
        return try execute(command, within: patience) { (socket, lines) throws(Errno) in try socket.send(lines, with: descriptor) }
    }

    private mutating func execute<Answer>(
        _ command: Command<Answer>, within patience: Duration, _ send: (borrowing LocalSocket, String) throws(Errno) -> Void
    ) throws(MonitorError) -> Answer {
        let deadline = ContinuousClock.now + patience
        var lines = ""
        if !isOpen {
            isOpen = true
            lines = session.negotiate(until: deadline).line
        }
        let (request, line) = session.submit(command, until: deadline)
        do {
            try send(socket, lines + line)
        } catch .resourceTemporarilyUnavailable {
            throw .timedOut(patience)
        } catch {
            throw MonitorError(broken: error)
        }
        while true {
            guard let received = try receive(until: deadline) else {
                _ = session.expire(at: deadline)
                throw .timedOut(patience)
            }
            var result: Answer?
            for message in received {
                switch message {
                case .greeting: break
                case .event(let event): events.append(event)
                case .answer(request, let json): result = try read(json, command)
                // Of the capabilities, or of a command whose deadline has passed.
                case .answer: break
                case .refusal(let refused, let refusal): throw .refused(command: refused.command, refusal)
                }
            }
            if let result { return result }
            // No matter how many events come meanwhile.
            guard ContinuousClock.now < deadline else { throw .timedOut(patience) }
            guard events.count < Self.eventLimit else { throw .violation(.unexpected("events without end")) }
        }
    }

    /// The events that have come, at least one unless `deadline` passes.
    /// - Throws: when the connection is of no use any more.
    package mutating func events(until deadline: ContinuousClock.Instant) throws(MonitorError) -> [Event] {
        // What has come already is read even after the deadline, once.
        repeat {
            guard events.isEmpty, let received = try receive(until: deadline) else { break }
            for case .event(let event) in received { events.append(event) }
        } while events.isEmpty && ContinuousClock.now < deadline
        defer { events = [] }
        return events
    }

    private func read<Answer>(_ json: JSONText, _ command: Command<Answer>) throws(MonitorError) -> Answer {
        do {
            return try command.answer(json)
        } catch {
            throw .violation(error)
        }
    }

    /// nil when the deadline has passed.
    private mutating func receive(until deadline: ContinuousClock.Instant) throws(MonitorError) -> [Session.Received]? {
        let bytes: [UInt8]
        do {
            bytes = try socket.receive(until: deadline)
        } catch .resourceTemporarilyUnavailable {
            return nil
        } catch {
            throw MonitorError(broken: error)
        }
        guard !bytes.isEmpty else { throw .closed }
        do {
            return try session.receive(bytes)
        } catch {
            throw .violation(error)
        }
    }
}
