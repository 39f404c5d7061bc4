/// What becomes of a guest that stops or fails, and how long each part of that may take.
package struct LifecyclePolicy: Equatable, Sendable {
    /// What follows when the guest has powered itself off.
    package enum AfterPowerOff: String, Codable, Equatable, Sendable, CaseIterable {
        /// The supervisor ends.
        case exit
        /// The guest starts again.
        case restart
        /// The supervisor ends, and the machine that it runs on powers off.
        case poweroff
    }

    /// What follows a panic of the guest and a QEMU that fails.
    package enum AfterCrash: String, Codable, Equatable, Sendable, CaseIterable { case restart, exit }

    package var afterPowerOff: AfterPowerOff
    package var afterCrash: AfterCrash
    /// How long the guest may take to shut down after its power button was pressed.
    package var stopTimeout: Duration

    package init(
        afterPowerOff: AfterPowerOff = .exit, afterCrash: AfterCrash = .restart, stopTimeout: Duration = Self.defaultStopTimeout
    ) {
        (self.afterPowerOff, self.afterCrash, self.stopTimeout) = (afterPowerOff, afterCrash, stopTimeout)
    }

    /// macOS closes its programs and asks their users about unsaved work.
    package static let defaultStopTimeout = Duration.seconds(120)
    /// How long QEMU may take to answer after its start. It first fills the guest's memory with huge pages: a minute for 1 TiB.
    package static let startTimeout = Duration.seconds(600)
    /// How long the guest may take after the second press of its power button.
    package static let secondPress = Duration.seconds(15)
    /// How long QEMU may take to end after the guest has shut down. It writes what its disks still hold.
    package static let closing = Duration.seconds(60)
    /// How long QEMU may take to carry out `quit`, in which it writes what its disks still hold.
    package static let quit = Duration.seconds(10)
    /// How long QEMU may take to end after SIGTERM, which it handles like `quit`, before SIGKILL.
    package static let terminate = Duration.seconds(10)
    /// How long after SIGKILL it is sent again: a process that waits for a dead disk does not end at once.
    package static let kill = Duration.seconds(10)
    /// How long the loss of QEMU's control connection may precede QEMU's end.
    package static let lostConnection = Duration.seconds(5)
    /// How many failures in a row are followed by another start.
    package static let restartLimit = 5
    /// A guest that has run this long does not count as failing in a row.
    package static let stable = Duration.seconds(600)
    /// The pause before the first start that follows a failure. It doubles with each one, up to `longestDelay`.
    package static let firstDelay = Duration.seconds(1)
    package static let longestDelay = Duration.seconds(60)

    /// The pause before the start that follows so many failures in a row.
    package static func delay(after failures: Int) -> Duration {
        // 2^6 s is longer than the longest delay.
        min(firstDelay * (1 << min(max(failures - 1, 0), 6)), longestDelay)
    }

    /// How long a stop takes at most, from the first press of the button to SIGKILL.
    package var longestStop: Duration { stopTimeout + Self.secondPress + Self.quit + Self.terminate }
}
