import Glibc

/// Waits for descriptors until a moment.
package struct PollDeadline: Sendable {
    package let instant: ContinuousClock.Instant

    package init(_ instant: ContinuousClock.Instant) { self.instant = instant }

    /// The time that is left for poll(2): milliseconds, rounded up, at most a minute.
    package var milliseconds: Int32 {
        let left = instant - ContinuousClock.now
        guard left > .zero else { return 0 }
        guard left < .seconds(60) else { return 60_000 }
        return Int32((left / Duration.milliseconds(1)).rounded(.up))
    }

    /// Whether the descriptor can be read, or has an error to report, before the moment.
    package func wait(for descriptor: Int32) -> Bool {
        while true {
            var polled = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
            let timeout = milliseconds
            let count = poll(&polled, 1, timeout)
            if count > 0 { return true }
            if count < 0, errno != EINTR { return true }
            if timeout == 0 { return false }
        }
    }
}
