/// The user that QEMU becomes after it has opened everything.
public struct RunAs: Equatable, Sendable {
    public var uid: UInt32
    public var gid: UInt32
    /// Whether the binary has `-run-with user=`, which replaces `-runas`.
    public var hasRunWith: Bool

    public init(uid: UInt32, gid: UInt32, hasRunWith: Bool) {
        self.uid = uid
        self.gid = gid
        self.hasRunWith = hasRunWith
    }

    public func argument() -> QemuArgument {
        hasRunWith ? QemuArgument("-run-with", OptionString().with("user", "\(uid):\(gid)")) : QemuArgument("-runas", "\(uid):\(gid)")
    }
}

/// QEMU's seccomp filter: a system call that an emulator does not need ends it.
public struct Sandbox: Equatable, Sendable {
    /// What happens to set*uid(2) and the like.
    ///
    /// QEMU installs the filter before it changes its user, so with `-runas` denying them kills it: SIGSYS, without a message
    /// (measured with 7.2). To have both, set no_new_privs before `execve`.
    enum Privileges: String { case allow, deny }
    let elevatePrivileges: Privileges

    /// The strictest filter that lets QEMU become this user.
    public init(for runAs: RunAs?) { elevatePrivileges = runAs == nil ? .deny : .allow }

    public func argument() -> QemuArgument {
        QemuArgument(
            "-sandbox",
            OptionString("on").with("obsolete", "deny").with("elevateprivileges", elevatePrivileges.rawValue).with("spawn", "deny")
                .with("resourcecontrol", "deny"))
    }
}
