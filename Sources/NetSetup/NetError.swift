import CNetlink
public import SystemPackage

/// Why the network could not be set up: what was attempted, on what, why it failed and what to do.
///
/// Reads as `create tap tap0: TUNSETIFF: Operation not permitted (run as root, or with CAP_NET_ADMIN)`.
public struct NetError: Error, Equatable, Sendable, CustomStringConvertible {
    public enum Cause: Equatable, Sendable {
        /// A system call failed; `call` names it when the operation does not.
        case errno(Errno, call: String?)
        /// The kernel refused a netlink request; `message` is its explanation, where it gives one (extended acknowledgement).
        case kernel(Errno, message: String?)
        /// libnl failed before the kernel was asked: an NLE_* code of netlink/errno.h, which is no errno value.
        case libnl(Int32)
        /// A value that is not valid, found before anything was changed.
        case invalid(String)
    }

    /// A verb phrase: "create tap", "add rule".
    public var operation: String
    /// What it was attempted on: "tap0", "macos_virt".
    public var object: String
    public var cause: Cause
    /// What to do about it: imperative, lower case, no full stop. nil when the cause says it all.
    public var remedy: String?

    public init(_ operation: String, _ object: String, _ cause: Cause, remedy: String? = nil) {
        self.operation = operation
        self.object = object
        self.cause = cause
        self.remedy = remedy ?? Self.remedy(for: cause)
    }

    /// The system's error number, when the cause is one.
    public var errno: Errno? {
        switch cause {
        case .errno(let errno, _), .kernel(let errno, _): errno
        case .libnl, .invalid: nil
        }
    }

    /// The cause in words, without the operation and the remedy.
    public var reason: String { Self.text(cause) }

    public var description: String {
        let head = object.isEmpty ? operation : "\(operation) \(object)"
        return "\(head): \(reason)" + (remedy.map { " (\($0))" } ?? "")
    }

    private static func text(_ cause: Cause) -> String {
        switch cause {
        case .errno(let errno, let call?): "\(call): \(errno)"
        case .errno(let errno, nil), .kernel(let errno, nil): "\(errno)"
        case .kernel(let errno, let message?): "\(errno): \(message)"
        case .libnl(let code): "libnl: " + (nl_geterror(code).map { String(cString: $0) } ?? "error \(code)")
        case .invalid(let reason): reason
        }
    }

    private static func remedy(for cause: Cause) -> String? {
        switch cause {
        case .errno(.notPermitted, _), .kernel(.notPermitted, _): "run as root, or with CAP_NET_ADMIN"
        default: nil
        }
    }
}
