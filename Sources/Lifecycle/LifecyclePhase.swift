/// Where a guest is in its life.
package enum LifecyclePhase: Equatable, Sendable {
    case new
    /// QEMU was started and has not answered yet.
    case starting
    case running
    case paused(LifecyclePause)
    /// QEMU is going to end, for this reason; the stage is what was done about it last.
    case ending(LifecycleEnding, LifecycleStage)
    /// No QEMU; the next one starts after a pause.
    case delaying
    case over(LifecycleOutcome)

    /// Every `name`.
    package static let names = ["starting", "running", "paused", "disk-error", "stopping", "restarting", "off"]

    /// As `boot status` shows it.
    package var name: String {
        switch self {
        case .new, .starting: "starting"
        case .running: "running"
        case .paused(.disk): "disk-error"
        case .paused(.command): "paused"
        case .ending: "stopping"
        case .delaying: "restarting"
        case .over: "off"
        }
    }
}

/// Why the virtual CPUs stand still.
package enum LifecyclePause: Equatable, Sendable { case disk, command }

/// Why QEMU is going to end.
package enum LifecycleEnding: Equatable, Sendable {
    /// A stop was requested.
    case stop
    /// The guest has shut down.
    case powerOff
    /// The guest wanted a reboot, and QEMU was told to end instead (-no-reboot).
    case reboot
    /// Somebody else has ended QEMU.
    case outside
    case failure(LifecycleFailure)
}

/// How a guest is ended, from the gentlest way to the surest.
package enum LifecycleStage: Int, Comparable, Sendable {
    /// The power button was pressed.
    case button
    /// It was pressed again.
    case secondPress
    /// The guest is off, and QEMU closes its disks.
    case closing
    case quit
    case terminate
    case kill

    package static func < (a: Self, b: Self) -> Bool { a.rawValue < b.rawValue }

    /// What follows when the guest or QEMU does not end in its time.
    package var next: LifecycleStage {
        switch self {
        case .button: .secondPress
        case .secondPress, .closing: .quit
        case .quit: .terminate
        case .terminate, .kill: .kill
        }
    }
}
