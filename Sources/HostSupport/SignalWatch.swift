import Foundation
import Glibc
import Synchronization

/// Signals of this process as calls on an ordinary thread, for as long as the value lives.
///
/// Dispatch's signal sources do not hear of them where the program's entry is asynchronous: it parks the main thread in
/// sigsuspend(2) with nothing blocked, so that the kernel drops an ignored signal there before signalfd(2) sees it.
///
/// A signal that was ignored when the process began stays ignored: that is what nohup(1) is for.
package struct SignalWatch: ~Copyable, Sendable {
    private let identifier: Int

    /// - Parameter each: called for every arrival, of several signals in their order.
    package init(_ signals: [Int32], each: @escaping @Sendable (Int32) -> Void) {
        identifier = Self.watchers.withLock { watchers in
            let identifier = (watchers.keys.max() ?? 0) + 1
            watchers[identifier] = Watcher(signals: Set(signals), each: each)
            return identifier
        }
        // The handler may only look at what is there already.
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
            // SIG_IGN of bits/signum-generic.h, which is a cast.
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

    /// A socket pair, whose reading end a thread empties.
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
