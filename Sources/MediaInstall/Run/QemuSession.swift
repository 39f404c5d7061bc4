import Foundation
import Glibc
import HostSupport
import Lifecycle
import LinuxSupport
import LinuxVM
import QMP
import Synchronization
import SystemPackage

/// A QEMU that runs, and its control connection. It ends with this process at the latest.
final class QemuSession: Sendable {
    private let child: Child
    private let monitor = Mutex<MonitorConnection?>(nil)
    /// How long an answer may take: emulation keeps QEMU's main loop busy.
    private static let answerTime = Duration.seconds(20)

    private init(_ child: Child) { self.child = child }

    /// Starts QEMU. What happens is told by `tell`, in its order; `ended` is the last of it.
    /// - Throws: the `Errno` of starting it.
    static func start(
        _ program: FilePath, _ arguments: [String], control: FilePath, log: FilePath, _ tell: @escaping @Sendable (Message) -> Void
    ) async throws(Errno) -> QemuSession {
        let errors = try OwnedDescriptor(
            opening: log, .writeOnly, options: [.create, .append], permissions: [.ownerReadWrite, .groupRead, .otherRead])
        unlink(control.string)
        let (ends, continuation) = AsyncStream.makeStream(of: Int32.self)
        let child = try await Child.start(program, arguments, errors: errors.rawValue) { status in
            continuation.yield(status)
            continuation.finish()
        }
        let session = QemuSession(child)
        let connecting = Task { await session.follow(control, tell) }
        Task {
            var status: Int32 = 0
            for await end in ends { status = end }
            // Its last events may still be on their way: a connection ends by itself, an attempt to connect does not.
            if session.monitor.withLock({ $0 == nil }) { connecting.cancel() }
            await connecting.value
            tell(.ended(status < 128 ? .exited(status) : .signalled(status - 128)))
        }
        return session
    }

    enum Message: Sendable {
        /// QEMU has answered a command.
        case ready
        case event(Event)
        case connectionLost
        case ended(ProcessEnd)
    }

    private func follow(_ control: FilePath, _ tell: @Sendable (Message) -> Void) async {
        while !Task.isCancelled {
            if let connection = try? await MonitorConnection.connect(to: control, within: Self.answerTime) {
                monitor.withLock { $0 = connection }
                tell(.ready)
                for await event in connection.events { tell(.event(event)) }
                tell(.connectionLost)
                return
            }
            try? await Task.sleep(for: .milliseconds(50))
        }
    }

    func send(_ signal: Int32) { child.send(signal) }

    /// nil when QEMU refuses, or does not answer in time.
    func execute<Answer>(_ command: Command<Answer>) async -> Answer? {
        guard let connection = monitor.withLock({ $0 }) else { return nil }
        return try? await connection.execute(command, within: Self.answerTime)
    }
}
