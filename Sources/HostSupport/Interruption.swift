import Glibc

/// Ctrl-C and SIGTERM as cancellation: the running tool is ended, drafts are removed, and then the command ends.
package enum Interruption {
    /// What asks a program to end: Ctrl-C, kill(1), and the end of the terminal.
    package static let signals = [SIGINT, SIGTERM, SIGHUP]

    package static func cancelling<R: Sendable>(_ work: @escaping @Sendable () async throws -> R) async throws -> R {
        let task = Task { try await work() }
        let watch = SignalWatch(signals) { _ in task.cancel() }
        let result = await task.result
        _ = consume watch
        return try result.get()
    }
}
