/// What happens to a guest or is asked of its supervisor.
package enum LifecycleEvent: Equatable, Sendable {
    /// The first event: start the guest.
    case start
    /// QEMU has answered a command: it has accepted its arguments, and the guest runs.
    case ready
    /// QEMU could not be executed, with the reason.
    case startFailed(String)
    /// SIGTERM, SIGINT or SIGHUP. The first one asks for a stop; each further one hurries it.
    case signal
    /// Another request for a stop: `boot stop`, or the machine's power button. A second one changes nothing.
    case stopRequest
    /// A request for a stop that does not wait for the guest, or goes on to the next stage of one in progress.
    case hurry
    /// The time of the last `arm` action has passed.
    case deadline
    /// QEMU stops for good. `byGuest`: the guest wanted it; `reason`: QEMU's ShutdownCause.
    case shutdown(byGuest: Bool, reason: String)
    /// The machine was reset and goes on.
    case reset(byGuest: Bool)
    case panicked(AfterPanic)
    /// A request of a disk failed; `stops`: QEMU has stopped the guest until it is told to go on.
    case diskError(DiskError, stops: Bool)
    /// The virtual CPUs stand still.
    case paused
    case resumed
    /// QEMU's control connection is closed, broken or of no use.
    case connectionLost(String)
    /// The QEMU process has ended, this long after its start.
    case ended(ProcessEnd, after: Duration)

    /// What QEMU does after a panic of the guest: GuestPanicAction of qapi/run-state.json.
    package enum AfterPanic: Equatable, Sendable { case ends, pauses, goesOn }

    package struct DiskError: Equatable, Sendable {
        /// QEMU's name for the disk.
        package var disk: String
        /// "read" or "write".
        package var operation: String
        /// The host's error, for people.
        package var reason: String

        package init(disk: String, operation: String, reason: String) {
            (self.disk, self.operation, self.reason) = (disk, operation, reason)
        }
    }
}

/// How a process ended.
package enum ProcessEnd: Equatable, Sendable, CustomStringConvertible {
    case exited(Int32)
    case signalled(Int32)

    package var description: String {
        switch self {
        case .exited(let status): "exit status \(status)"
        case .signalled(let signal): "signal \(signal)"
        }
    }
}
