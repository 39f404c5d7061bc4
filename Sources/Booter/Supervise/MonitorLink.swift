import Diagnostics
import Glibc
import Lifecycle
import LinuxSupport
import QMP

/// The supervisor's connection to its QEMU, for a poll loop: nothing here waits for QEMU.
struct MonitorLink: ~Copyable {
    private let socket: OwnedDescriptor
    private var session = Session()
    private var status: Session.Request?
    /// Requests whose answers somebody waits for.
    private var asked: Set<Int> = []
    private var threads: Session.Request?
    /// Why it is of no use any more.
    private var end: String?

    /// What was heard.
    enum Heard: Equatable {
        case event(LifecycleEvent)
        /// The thread of each vCPU, in their order.
        case threads([Int32])
        /// For people.
        case note(String)
        /// To a request that `ask` has sent.
        case answer(Int, JSONText)
        /// To a request that `ask` has sent, with the reason.
        case refusal(Int, String)
        case deviceDeleted(String)
    }

    /// - Parameter socket: connected to QEMU, which opens its side when it is ready.
    init(_ socket: consuming OwnedDescriptor) { self.socket = socket }

    /// nil when there is nothing to wait for.
    var rawValue: Int32? { end == nil ? socket.rawValue : nil }

    /// Asks for QEMU's first answer, after which it can be told the guest's life.
    /// - Parameter asksThreads: and which thread is which vCPU.
    mutating func open(asksThreads: Bool = false) -> [Heard] {
        var text = session.negotiate().line
        let (request, question) = session.submit(Command.queryStatus)
        status = request
        text += question
        if asksThreads {
            let (request, question) = session.submit(Command.queryCPUs)
            threads = request
            text += question
        }
        return send(text)
    }

    /// Sends a command whose answer does not matter: events say what it has done, and deadlines that it has done nothing.
    mutating func order(_ command: Command<Void>) -> [Heard] { send(session.submit(command).line) }

    /// Sends a command whose answer comes as `Heard.answer` or `.refusal`, unless the connection is lost.
    /// - Returns: the request's number.
    mutating func ask<Answer>(_ command: Command<Answer>) -> (number: Int, heard: [Heard]) {
        let (request, line) = session.submit(command)
        asked.insert(request.number)
        return (request.number, send(line))
    }

    private mutating func send(_ text: String) -> [Heard] {
        guard end == nil else { return [] }
        let bytes = Array(text.utf8)
        let count = Glibc.send(socket.rawValue, bytes, bytes.count, Int32(MSG_DONTWAIT) | Int32(MSG_NOSIGNAL))
        guard count != bytes.count else { return [] }
        // A line is short and the socket holds hundreds of them: QEMU does not read.
        return lose(count < 0 && errno != EAGAIN ? String(cString: strerror(errno)) : "QEMU does not read")
    }

    /// What one turn of the poll loop reads: a QEMU that writes without end must not keep the others from being heard.
    static let portions = 16

    /// What has come.
    /// - Parameter portions: at most so many reads of 4 KiB; .max once QEMU has ended, and writes no more.
    mutating func receive(portions: Int = portions) -> [Heard] {
        var heard: [Heard] = []
        var buffer = [UInt8](repeating: 0, count: 4096)
        var read = 0
        while end == nil, read < portions {
            read += 1
            let count = recv(socket.rawValue, &buffer, buffer.count, Int32(MSG_DONTWAIT))
            if count < 0, errno == EINTR { continue }
            if count < 0, errno == EAGAIN { break }
            // A process that ends with unread bytes resets its connections.
            let isClosed = count == 0 || errno == ECONNRESET
            guard count > 0 else { return heard + lose(isClosed ? "QEMU has closed it" : String(cString: strerror(errno))) }
            do {
                for message in try session.receive(Array(buffer[..<count])) { heard += self.heard(message) }
            } catch {
                return heard + lose("\(error)")
            }
        }
        return heard
    }

    private mutating func lose(_ reason: String) -> [Heard] {
        guard end == nil else { return [] }
        end = reason
        shutdown(socket.rawValue, Int32(SHUT_RDWR))
        return [.event(.connectionLost(reason))]
    }

    private mutating func heard(_ message: Session.Received) -> [Heard] {
        switch message {
        case .greeting(let greeting): return [.note("QEMU \(greeting.version.map { String($0) }.joined(separator: ".")) answers")]
        case .answer(let request, let answer):
            if asked.remove(request.number) != nil { return [.answer(request.number, answer)] }
            return request == status ? [.event(.ready)] : request == threads ? [Self.threads(answer)] : []
        case .refusal(let request, let refusal):
            let reason = refusal.description.printable
            if asked.remove(request.number) != nil { return [.refusal(request.number, reason)] }
            return [.note("QEMU refuses \(request.command): \(reason)")]
        case .event(let event):
            if case .deviceDeleted(let id?) = event.kind { return [.deviceDeleted(id)] }
            return Self.lifecycleEvent(event.kind).map { [.event($0)] } ?? []
        }
    }

    private static func threads(_ answer: JSONText) -> Heard {
        do {
            let vcpus = try Command.queryCPUs.answer(answer).sorted { $0.index < $1.index }
            return .threads(vcpus.compactMap { Int32(exactly: $0.thread) })
        } catch {
            return .note("QEMU does not say which of its threads are vCPUs: \(error)")
        }
    }

    private static func lifecycleEvent(_ kind: Event.Kind) -> LifecycleEvent? {
        switch kind {
        case .shutdown(let guest, let reason): .shutdown(byGuest: guest, reason: reason)
        case .reset(let guest, _): .reset(byGuest: guest)
        case .stop: .paused
        case .resume: .resumed
        case .blockIOError(let error):
            .diskError(
                .init(disk: error.device, operation: error.operation, reason: error.noSpace ? "no space left" : error.reason),
                stops: error.action == "stop")
        case .guestPanicked(let action): .panicked(action == "run" ? .goesOn : action == "pause" ? .pauses : .ends)
        case .powerdown, .deviceDeleted, .unknown: nil
        }
    }
}
