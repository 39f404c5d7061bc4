/// The user that QEMU becomes once it has opened everything.
public struct RunAs: Codable, Equatable, Sendable {
    public var uid: UInt32
    public var gid: UInt32
    /// Whether the binary has `-run-with user=`, which replaces `-runas`.
    public var hasRunWith: Bool

    public init(uid: UInt32, gid: UInt32, hasRunWith: Bool) {
        self.uid = uid
        self.gid = gid
        self.hasRunWith = hasRunWith
    }

    func argument() -> Argument {
        hasRunWith ? Argument("-run-with", OptionString().with("user", "\(uid):\(gid)")) : Argument("-runas", "\(uid):\(gid)")
    }
}

/// QEMU's seccomp filter: system calls that an emulator has no use for end it.
public struct Sandbox: Codable, Equatable, Sendable {
    /// What happens to set*uid(2) and its like.
    ///
    /// QEMU installs the filter before it changes its user, so `deny` and `children` both kill a QEMU that has `-runas`: SIGSYS,
    /// without a word (measured with 7.2). Who wants both sets no_new_privs before `execve`.
    public enum Privileges: String, Codable, Equatable, Sendable { case allow, children, deny }
    public var elevatePrivileges: Privileges

    public init(elevatePrivileges: Privileges) { self.elevatePrivileges = elevatePrivileges }

    /// The strictest that lets QEMU become this user.
    public init(for runAs: RunAs?) { self.init(elevatePrivileges: runAs == nil ? .deny : .allow) }

    func argument() -> Argument {
        Argument(
            "-sandbox",
            OptionString("on").with("obsolete", "deny").with("elevateprivileges", elevatePrivileges.rawValue).with("spawn", "deny")
                .with("resourcecontrol", "deny"))
    }
}
