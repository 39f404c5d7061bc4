/// What a supervisor has to do, in this order.
package enum LifecycleAction: Equatable, Sendable {
    /// Start QEMU. Answered by `ready`, `startFailed` or `ended`.
    case launch
    /// Press the guest's power button: `system_powerdown`.
    case pressPowerButton
    /// Let the virtual CPUs go on: `cont`.
    case resume
    /// End QEMU by its own command: `quit`.
    case quit
    /// Send SIGTERM to QEMU.
    case terminate
    /// Send SIGKILL to QEMU.
    case kill
    /// Send `deadline` after this time, in place of an earlier one.
    case arm(Duration)
    /// Send no `deadline`.
    case disarm
    /// Tell people.
    case report(LifecycleReport)
    /// The last action: QEMU does not run any more, and the supervisor ends.
    case finish(LifecycleOutcome)
}

/// How the supervised life of a guest ended.
package enum LifecycleOutcome: Equatable, Sendable {
    /// The guest shut down, by itself or because its power button was pressed.
    case poweredOff
    /// QEMU ended by `quit` or by somebody's signal: its disks are written, the guest was not shut down.
    case quit
    /// The same by SIGTERM: QEMU did not carry out `quit`.
    case terminated
    /// QEMU was killed.
    case killed
    /// The guest or QEMU failed, and is not started again.
    case failed(LifecycleFailure)
    /// QEMU never came as far as running the guest.
    case notStarted(String)
}

/// Why a guest stopped without wanting to.
package enum LifecycleFailure: Equatable, Sendable, CustomStringConvertible {
    case panic
    /// QEMU ended without the guest's wish.
    case crash(ProcessEnd)
    /// QEMU did not answer in time after its start.
    case unresponsive

    package var description: String {
        switch self {
        case .panic: "the guest panicked"
        case .crash(let end): "QEMU ended with \(end) while the guest was running"
        case .unresponsive: "QEMU did not answer for \(LifecyclePolicy.startTimeout.components.seconds) s after its start"
        }
    }
}
