package import Lifecycle

/// What happens to an installation.
package enum InstallationEvent: Equatable, Sendable {
    /// The first event: what was completed earlier.
    case start(after: InstallationStep)
    /// QEMU has answered a command: the guest runs.
    case ready
    /// QEMU could not be executed, with the reason.
    case startFailed(String)
    /// SIGINT, SIGTERM or SIGHUP.
    case signal
    /// The time of the last `arm` has passed.
    case deadline
    /// A message of the script.
    case mailbox(ScriptMessage)
    /// QEMU stops for good. `byGuest`: the guest wanted it; `reason`: QEMU's ShutdownCause.
    case shutdown(byGuest: Bool, reason: String)
    /// The guest was reset and goes on.
    case reset(byGuest: Bool)
    case panicked
    /// A disk's request failed, and QEMU has stopped the guest.
    case diskError(noSpace: Bool, reason: String)
    /// The answer to `measure`: bytes that the guest has written to its disk since the last one.
    case written(Int)
    case connectionLost(String)
    /// The QEMU process has ended.
    case ended(ProcessEnd)
    /// The answer to `verify`: what is wrong, or nil.
    case verified(objection: String?)
    /// The answer to `publish`.
    case published(objection: String?)
}

/// What is to be done, in this order.
package enum InstallationAction: Equatable, Sendable {
    /// Start QEMU. Answered by `ready`, `startFailed` or `ended`.
    case launch(InstallationPart)
    /// Press the keys of an attempt, counted from 0, in place of those that are being pressed.
    case press(attempt: Int)
    /// Press no more keys.
    case stopKeys
    /// `system_powerdown`.
    case pressPowerButton
    /// Press the return key: macOS asks its user whether to shut down.
    case confirm
    /// `quit`
    case quit
    /// Send SIGTERM to QEMU.
    case terminate
    /// Send SIGKILL to QEMU.
    case kill
    /// Send `deadline` after so many seconds, in place of an earlier one.
    case arm(seconds: Double)
    case disarm
    /// Ask how much the guest has written. Answered by `written`.
    case measure
    /// Keep a picture of the screen, under this name.
    case capture(String)
    /// Remember that this was completed.
    case complete(InstallationStep)
    /// Compare the disk with what the installer promised. Answered by `verified`.
    case verify
    /// Move the image to its place. Answered by `published`.
    case publish
    /// End `verify` or `publish` early.
    case cancelWork
    /// Tell people.
    case report(InstallationReport)
    /// The last action: QEMU does not run any more.
    case finish(InstallationOutcome)
}
