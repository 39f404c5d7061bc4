package import Diagnostics
import Foundation
import Glibc
import Synchronization

/// Ctrl-C and SIGTERM as cancellation: the running tool is ended, drafts are removed, and the command ends with exit code 130.
package enum Interruption {
    /// What asks a program to end: Ctrl-C, kill(1) and a terminal that is closed.
    package static let signals = [SIGINT, SIGTERM, SIGHUP]

    package static func cancelling<R: Sendable>(_ work: @escaping @Sendable () async throws -> R) async throws -> R {
        // A tool that ends early closes the pipe that this process writes its input to: an error, not the end of this process.
        signal(SIGPIPE, SIG_IGN)
        let task = Task { try await work() }
        let watch = SignalWatch(signals) { _ in task.cancel() }
        let result = await task.result
        _ = consume watch
        if case .failure(let error) = result, error is CancellationError { throw failure }
        return try result.get()
    }

    /// What an operation throws that was cancelled.
    package static var failure: OperationError { OperationError("", "", cause: "interrupted", exit: .interrupted) }
}

/// Calls a closure on an ordinary thread for each signal that arrives, as long as the value lives.
///
/// Dispatch's signal sources miss signals in a program with an asynchronous entry point: it parks the main thread in
/// sigsuspend(2) with no signal blocked, and the kernel drops an ignored signal there before signalfd(2) sees it.
///
/// A signal that was ignored when the process started stays ignored, as nohup(1) expects.
package struct SignalWatch: ~Copyable, Sendable {
    private let identifier: Int

    /// - Parameter each: called for each signal, in the order of arrival.
    package init(_ signals: [Int32], each: @escaping @Sendable (Int32) -> Void) {
        identifier = Self.watchers.withLock { watchers in
            let identifier = (watchers.keys.max() ?? 0) + 1
            watchers[identifier] = Watcher(signals: Set(signals), each: each)
            return identifier
        }
        // Created here, because a signal handler must not initialize anything.
        guard Self.wire.write >= 0 else { return }
        for number in signals {
            var action = sigaction()
            action.__sigaction_handler.sa_handler = { signal in
                let before = errno
                var byte = UInt8(truncatingIfNeeded: signal)
                _ = send(SignalWatch.wire.write, &byte, 1, Int32(MSG_DONTWAIT))
                errno = before
            }
            action.sa_flags = SA_RESTART
            var before = sigaction()
            sigaction(number, nil, &before)
            // SIG_IGN of bits/signum-generic.h is a cast, which Swift does not import.
            if unsafeBitCast(before.__sigaction_handler.sa_handler, to: Int.self) == 1 { continue }
            sigaction(number, &action, nil)
        }
    }

    deinit { Self.watchers.withLock { $0[identifier] = nil } }

    private struct Watcher: Sendable {
        var signals: Set<Int32>
        var each: @Sendable (Int32) -> Void
    }

    private static let watchers = Mutex<[Int: Watcher]>([:])

    /// A socket pair; a thread reads its other end.
    private static let wire: (read: Int32, write: Int32) = {
        var ends: [Int32] = [-1, -1]
        guard socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0, &ends) == 0 else { return (-1, -1) }
        let reading = ends[0]
        Thread.detachNewThread {
            var byte: UInt8 = 0
            while true {
                let count = read(reading, &byte, 1)
                if count == 0 || (count < 0 && errno != EINTR) { return }
                guard count == 1 else { continue }
                let number = Int32(byte)
                for watcher in watchers.withLock({ Array($0.values) }) where watcher.signals.contains(number) { watcher.each(number) }
            }
        }
        return (ends[0], ends[1])
    }()
}
