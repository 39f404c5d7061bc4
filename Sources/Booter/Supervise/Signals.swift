import CLinux
import Diagnostics
import Glibc
import LinuxSupport

/// The signals that a supervising `boot` or a console acts on, as a descriptor for poll(2). They stay blocked until the process ends.
final class Signals {
    private let descriptor: OwnedDescriptor
    /// A request that was seen and not handled yet.
    private var seen: Int32?

    /// What asks for a stop. One that was ignored when this process started stays so, as nohup(1) expects.
    static let requests = [SIGTERM, SIGINT, SIGHUP]

    /// - Parameter requests: what `nextRequest` reports.
    /// - Throws: `osError` when the kernel has no signalfd(2).
    init(_ requests: [Int32] = Signals.requests) throws(OperationError) {
        let watched = requests.filter { mv_signal_is_ignored($0) == 0 } + [SIGCHLD]
        let raw = mv_signal_descriptor(watched.reduce(0) { $0 | 1 << UInt64($1 - 1) })
        guard raw >= 0 else { throw OperationError("watch", "signals", cause: String(cString: strerror(errno)), exit: .osError) }
        descriptor = OwnedDescriptor(adopting: raw)
    }

    var rawValue: Int32 { descriptor.rawValue }

    /// The next request for a stop. A child that has ended is no request.
    func nextRequest() -> Int32? {
        if let seen {
            self.seen = nil
            return seen
        }
        while true {
            let signal = mv_signal_next(descriptor.rawValue)
            if signal == 0 { return nil }
            if signal != SIGCHLD { return signal }
        }
    }

    /// Whether there is a request, which stays.
    var hasRequest: Bool {
        seen = seen ?? nextRequest()
        return seen != nil
    }

    /// Ends a start between two of its steps.
    /// - Throws: `interrupted` when a stop was requested.
    func check() throws(OperationError) {
        guard let signal = nextRequest() else { return }
        throw OperationError("", "", cause: "interrupted by signal \(signal) before the guest was started", exit: .interrupted)
    }

    /// Waits on behalf of processes that were left to this one, as PID 1 has to.
    /// - Parameter own: a child that somebody else waits for.
    static func reap(except own: Int32?) {
        while true {
            let child = mv_ended_child()
            if child <= 0 || child == own { return }
            waitpid(child, nil, WNOHANG)
        }
    }
}
