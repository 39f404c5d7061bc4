import Foundation
import Glibc
import LinuxSupport
package import QMP
import Synchronization
package import SystemPackage

/// A QMP session for Swift tasks. A dedicated thread reads the socket; tasks wait for their answers and for events.
///
/// Deinitialization closes the connection.
package final class MonitorConnection: Sendable {
    /// All events since the connection was made. The stream ends with the connection.
    package let events: AsyncStream<Event>
    private let core: Core

    private init(_ core: Core, _ events: AsyncStream<Event>) { (self.core, self.events) = (core, events) }

    deinit { core.close() }

    /// Connects and opens the session.
    /// - Parameter patience: how long connecting, the answer to it, and each later sending may take.
    package static func connect(to path: FilePath, within patience: Duration) async throws(MonitorError) -> MonitorConnection {
        let (events, continuation) = AsyncStream.makeStream(of: Event.self)
        let result: Result<Core, MonitorError> = await withCheckedContinuation { waiting in
            Thread.detachNewThread {
                do throws(MonitorError) {
                    let core = try Core(path, patience, continuation)
                    waiting.resume(returning: .success(core))
                    core.read()
                } catch {
                    continuation.finish()
                    waiting.resume(returning: .failure(error))
                }
            }
        }
        let connection = MonitorConnection(try result.get(), events)
        _ = try await connection.core.wait(within: patience) { $0.negotiate(until: $1) }
        return connection
    }

    /// Sends a command and waits for QEMU's answer. Several tasks can do so at the same time.
    /// - Throws: when it is refused, when no answer comes in time, when the task is cancelled, and when the connection is gone.
    package func execute<Answer>(_ command: Command<Answer>, within patience: Duration) async throws(MonitorError) -> Answer {
        let answer = try await core.wait(within: patience) { $0.submit(command, until: $1) }
        do {
            return try command.answer(answer)
        } catch {
            throw .violation(error)
        }
    }

    /// What the thread and the tasks share.
    private final class Core: Sendable {
        typealias Waiting = CheckedContinuation<Result<JSONText, MonitorError>, Never>
        private struct State: ~Copyable {
            var session = Session()
            var waiting: [Int: Waiting] = [:]
            /// Why nothing can be executed any more.
            var end: MonitorError?
        }

        private let socket: LocalSocket
        private let state = Mutex(State())
        private let events: AsyncStream<Event>.Continuation

        init(_ path: FilePath, _ patience: Duration, _ events: AsyncStream<Event>.Continuation) throws(MonitorError) {
            self.events = events
            do {
                socket = try LocalSocket(connectingTo: path.string, patience: patience)
            } catch .resourceTemporarilyUnavailable {
                throw .timedOut(patience)
            } catch {
                throw .unreachable(error)
            }
        }

        func close() { socket.shutDown() }

        /// Sends a line and waits for the answer to it.
        func wait(
            within patience: Duration, _ submit: @escaping @Sendable (inout Session, ContinuousClock.Instant) -> (Session.Request, String)
        ) async throws(MonitorError) -> JSONText {
            let deadline = ContinuousClock.now + patience
            let number = Mutex<Int?>(nil)
            let result: Result<JSONText, MonitorError> = await withTaskCancellationHandler {
                let timer = Task {
                    try await Task.sleep(until: deadline)
                    self.expire(patience)
                }
                defer { timer.cancel() }
                return await withCheckedContinuation { waiting in
                    self.send(waiting, deadline, submit) { sent in number.withLock { $0 = sent } }
                    // Cancelled before it was submitted.
                    if Task.isCancelled { self.cancel(number.withLock { $0 }) }
                }
            } onCancel: {
                self.cancel(number.withLock { $0 })
            }
            return try result.get()
        }

        private func send(
            _ waiting: Waiting, _ deadline: ContinuousClock.Instant,
            _ submit: (inout Session, ContinuousClock.Instant) -> (Session.Request, String), _ sent: (Int) -> Void
        ) {
            state.withLock { state in
                if let end = state.end { return waiting.resume(returning: .failure(end)) }
                let (request, line) = submit(&state.session, deadline)
                state.waiting[request.number] = waiting
                sent(request.number)
                do throws(Errno) {
                    // Under the lock: lines go out in the order of the session.
                    try socket.send(line)
                } catch {
                    Self.finish(&state, MonitorError(broken: error))
                    socket.shutDown()
                }
            }
        }

        private func cancel(_ number: Int?) {
            guard let number else { return }
            let waiting = state.withLock { state in
                state.session.abandon(number)
                return state.waiting.removeValue(forKey: number)
            }
            waiting?.resume(returning: .failure(.cancelled))
        }

        private func expire(_ patience: Duration) {
            let late = state.withLock { state in
                state.session.expire(at: .now).compactMap { state.waiting.removeValue(forKey: $0.number) }
            }
            for waiting in late { waiting.resume(returning: .failure(.timedOut(patience))) }
        }

        /// The thread's part, until the connection ends.
        func read() {
            while take(nextBytes()) {}
            events.finish()
        }

        private func nextBytes() -> Result<[UInt8], MonitorError> {
            while true {
                do throws(Errno) {
                    let bytes = try socket.receive(until: .now + .seconds(3600))
                    return bytes.isEmpty ? .failure(.closed) : .success(bytes)
                } catch .resourceTemporarilyUnavailable {
                    // Only the tasks have deadlines.
                    continue
                } catch {
                    return .failure(MonitorError(broken: error))
                }
            }
        }

        /// - Returns: whether the connection is still usable.
        private func take(_ bytes: Result<[UInt8], MonitorError>) -> Bool {
            state.withLock { state in
                do throws(MonitorError) {
                    for message in try Self.receive(try bytes.get(), &state.session) {
                        switch message {
                        case .greeting: break
                        case .event(let event): events.yield(event)
                        case .answer(let request, let answer):
                            state.waiting.removeValue(forKey: request.number)?.resume(returning: .success(answer))
                        case .refusal(let request, let refusal):
                            state.waiting.removeValue(forKey: request.number)?.resume(
                                returning: .failure(.refused(command: request.command, refusal)))
                        }
                    }
                    return true
                } catch {
                    Self.finish(&state, error)
                    socket.shutDown()
                    return false
                }
            }
        }

        private static func receive(_ bytes: [UInt8], _ session: inout Session) throws(MonitorError) -> [Session.Received] {
            do {
                return try session.receive(bytes)
            } catch {
                throw .violation(error)
            }
        }

        private static func finish(_ state: inout State, _ error: MonitorError) {
            state.end = state.end ?? error
            let waiting = state.waiting
            state.waiting = [:]
            for (_, task) in waiting { task.resume(returning: .failure(error)) }
        }
    }
}
