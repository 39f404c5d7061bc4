/// Exit codes of `boot` and `macos-virt`: those of sysexits.h, the ends of a supervised guest from 80 on, and 130 as a shell reports SIGINT.
package enum ExitStatus: Int32, Codable, Sendable, CaseIterable {
    case ok = 0
    /// EX_USAGE: a wrong flag or argument.
    case usage = 64
    /// EX_DATAERR: an input is damaged, or is not what it should be.
    case dataError = 65
    /// EX_NOINPUT: a disk, an image or another input is missing, in use or too small.
    case noInput = 66
    /// EX_UNAVAILABLE: no usable KVM, a machine that is too small, or a server that cannot be reached or lacks what was asked for.
    case unavailable = 69
    /// EX_SOFTWARE: a defect in this program, or a tool that ended in an unforeseen way.
    case software = 70
    /// EX_OSERR: the kernel refused a step.
    case osError = 71
    /// EX_OSFILE: a system file is missing: a module, firmware, QEMU, dnsmasq or another tool.
    case osFile = 72
    /// EX_CANTCREAT: an output or a state file cannot be written.
    case cantCreate = 73
    /// EX_TEMPFAIL: a deadline passed, or another process uses what is needed.
    case tempFail = 75
    /// EX_NOPERM: not root, or a capability is missing.
    case noPermission = 77
    /// EX_CONFIG: an unknown key or a bad value.
    case config = 78
    /// A supervised guest was stopped, but did not shut down: QEMU ended by its own command, its disks written.
    case endedByQuit = 80
    /// As `endedByQuit`, by SIGTERM.
    case endedByTerm = 81
    /// As `endedByQuit`, by SIGKILL: what QEMU had not written is lost.
    case endedByKill = 82
    /// A supervised guest panicked and is not started again.
    case guestPanic = 83
    /// The QEMU of a supervised guest failed, and is not started again.
    case qemuFailure = 84
    /// Ended by SIGINT, SIGTERM or SIGHUP.
    case interrupted = 130
}
