/// Exit codes from sysexits.h, as the README documents them.
enum ExitStatus {
    static let ok: Int32 = 0
    /// EX_USAGE: a wrong flag or argument.
    static let usage: Int32 = 64
    /// EX_NOINPUT: the disk or an image is missing, in use or too small.
    static let noInput: Int32 = 66
    /// EX_UNAVAILABLE: no usable KVM, or the machine is too small.
    static let unavailable: Int32 = 69
    /// EX_SOFTWARE: a defect in `boot` itself.
    static let software: Int32 = 70
    /// EX_OSERR: the kernel refused a step.
    static let osError: Int32 = 71
    /// EX_OSFILE: a system file is missing: modules, firmware, QEMU, dnsmasq.
    static let osFile: Int32 = 72
    /// EX_CANTCREAT: a file of our state could not be written.
    static let cantCreate: Int32 = 73
    /// EX_TEMPFAIL: a deadline passed (uplink, disk), or a guest is already running.
    static let tempFail: Int32 = 75
    /// EX_NOPERM: not root, or a capability is missing.
    static let noPermission: Int32 = 77
    /// EX_CONFIG: an unknown key or a bad value.
    static let config: Int32 = 78
}
