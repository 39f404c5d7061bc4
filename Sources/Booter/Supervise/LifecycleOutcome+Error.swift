import Diagnostics
import Lifecycle

extension LifecycleOutcome {
    /// What `boot run` ends with; nil after an orderly shutdown.
    var error: OperationError? {
        switch self {
        case .poweredOff: nil
        case .quit: Self.forced("QEMU ended by its own command, its disks written", .endedByQuit)
        case .terminated: Self.forced("QEMU ended by SIGTERM, its disks written", .endedByTerm)
        case .killed: Self.forced("QEMU was killed, and what it had not written is lost", .endedByKill)
        case .failed(.panic): OperationError("run", "the guest", cause: "it panicked", exit: .guestPanic)
        case .failed(let failure): OperationError("run", "the guest", cause: failure.description, exit: .qemuFailure)
        case .notStarted(let reason):
            OperationError("start", "the guest", cause: reason, remedy: "see QEMU's messages above", exit: .qemuFailure)
        }
    }

    /// One line for people.
    var reason: String { error?.cause ?? "the guest is shut down" }

    private static func forced(_ cause: String, _ exit: ExitStatus) -> OperationError {
        OperationError("shut down", "the guest", cause: "it was still on: " + cause, exit: exit)
    }
}
