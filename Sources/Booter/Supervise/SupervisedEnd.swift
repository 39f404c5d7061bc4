import CLinux
import Diagnostics
import Glibc
import Lifecycle

/// What is left to do when a supervised guest has ended.
struct SupervisedEnd: ~Copyable {
    let outcome: LifecycleOutcome
    /// Closed last: who waits for the end sees it when everything is undone.
    let socket: SupervisorSocket
    /// Whether this machine follows its guest.
    let powersOff: Bool

    /// Undoes the start, and powers the machine off if that is configured.
    /// - Throws: for a guest that did not end by shutting down, and for what could not be undone.
    consuming func finish(_ applier: consuming Applier) throws(OperationError) {
        if let error = outcome.error { throw applier.unwind(after: error) }
        let left = applier.unwind()
        guard left.isEmpty else {
            throw OperationError("undo", "the start", cause: left.joined(separator: "; "), remedy: "run boot down", exit: .osError)
        }
        guard powersOff else { return }
        sync()
        guard mv_power_off() == 0 else {
            throw OperationError(
                "power off", "this machine", cause: String(cString: strerror(errno)),
                remedy: "give boot CAP_SYS_BOOT outside of any process namespace, or set guest.on_poweroff to exit", exit: .noPermission)
        }
    }
}
