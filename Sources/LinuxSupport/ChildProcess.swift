import Glibc

/// A child process. Never outlives its owner: the end of the scope kills and reaps it, unless it has ended before.
package struct ChildProcess: ~Copyable, Sendable {
    package let identifier: Int32
    /// nil before Linux 5.2.
    private let handle: ProcessHandle?
    private var status: WaitStatus?

    init(_ identifier: Int32, _ handle: consuming ProcessHandle?) {
        self.identifier = identifier
        self.handle = handle
    }

    deinit {
        guard status == nil else { return }
        kill(identifier, SIGKILL)
        _ = Self.reap(identifier)
    }

    /// Nobody else has its number before `wait` has returned.
    package func send(_ signal: Int32) {
        if status == nil { kill(identifier, signal) }
    }

    /// Waits for its end.
    package mutating func wait() -> WaitStatus {
        if let status { return status }
        let result = WaitStatus(Self.reap(identifier))
        status = result
        return result
    }

    /// Waits for its end until `deadline`; nil when it goes on after that.
    package mutating func wait(until deadline: ContinuousClock.Instant) -> WaitStatus? {
        if let status { return status }
        return hasEnded(before: deadline) ? wait() : status
    }

    /// - Returns: false also after it was waited for here.
    private mutating func hasEnded(before deadline: ContinuousClock.Instant) -> Bool {
        switch handle {
        case .some(let handle): return handle.hasEnded(before: deadline)
        case .none: break
        }
        while true {
            var raw: Int32 = 0
            if waitpid(identifier, &raw, WNOHANG) == identifier {
                status = WaitStatus(raw)
                return false
            }
            guard ContinuousClock.now < deadline else { return false }
            usleep(10_000)
        }
    }

    private static func reap(_ identifier: Int32) -> Int32 {
        var raw: Int32 = 0
        while waitpid(identifier, &raw, 0) < 0 && errno == EINTR {}
        return raw
    }
}
