/// Something that people should know, in the order in which it happens.
package enum LifecycleReport: Equatable, Sendable, CustomStringConvertible {
    case running
    case rebooted
    case paused
    case resumed
    case diskError(LifecycleEvent.DiskError, stops: Bool)
    case pressed(Duration)
    case pressedAgain
    case quitting
    case terminating
    case killing
    case shutDown
    case powerOffAgain
    case endedFromOutside(String)
    case failed(LifecycleFailure)
    case restarting(Duration)
    case gaveUp(Int)
    case connectionLost(String)

    /// One line. It can quote QEMU's words: print it by `printable`.
    package var description: String {
        switch self {
        case .running: "the guest is running"
        case .rebooted: "the guest restarts"
        case .paused: "the guest is paused; boot qmp cont lets it go on"
        case .resumed: "the guest goes on"
        case .diskError(let error, let stops):
            "\(error.operation) error on disk \(error.disk): \(error.reason)"
                + (stops ? "; the guest is stopped and no write is lost: remove the cause, then run boot qmp cont" : "")
        case .pressed(let time): "pressed the guest's power button; waiting up to \(time.components.seconds) s until it is off"
        case .pressedAgain: "the guest is still on: pressed its power button again"
        case .quitting: "ending QEMU by its own command"
        case .terminating: "sending SIGTERM to QEMU"
        case .killing: "sending SIGKILL to QEMU"
        case .shutDown: "the guest is shut down"
        case .powerOffAgain: "the guest is off and starts again"
        case .endedFromOutside(let reason): "QEMU ends by another program's request (\(reason))"
        case .failed(let failure): "\(failure)"
        case .restarting(let delay): "starting the guest again in \(delay.components.seconds) s"
        case .gaveUp(let count): "\(count) failures in a row: not starting the guest again"
        case .connectionLost(let reason): "lost the connection to QEMU (\(reason)): a stop cannot press the guest's power button any more"
        }
    }
}
