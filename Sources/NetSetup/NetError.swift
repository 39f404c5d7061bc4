import CNetlink
public import SystemPackage

/// Why the network could not be set up: what was attempted, on what, why it failed and what to do.
///
/// Reads as `create tap tap0: TUNSETIFF: Operation not permitted (needs CAP_NET_ADMIN)`.
public struct NetError: Error, Equatable, Sendable, CustomStringConvertible {
    public enum Cause: Equatable, Sendable {
        /// A system call failed; `call` names it when the operation does not.
        case errno(Errno, call: String?)
        /// The kernel refused a netlink request, with its own words where it has any (extended ack).
        case kernel(Errno, message: String?)
        /// libnl failed before the kernel was asked: NLE_* of netlink/errno.h, which is not errno.
        case libnl(Int32)
        /// A value that makes no sense, found before anything was touched.
        case invalid(String)
    }

    /// A verb phrase: "create tap", "add rule".
    public var operation: String
    /// What it was attempted on: "tap0", "macos_virt".
    public var object: String
    public var cause: Cause
    /// What would help, short enough for parentheses; nil when the cause says it all.
    public var hint: String?

    public init(_ operation: String, _ object: String, _ cause: Cause, hint: String? = nil) {
        self.operation = operation
        self.object = object
        self.cause = cause
        self.hint = hint ?? Self.hint(for: cause)
    }

    /// The system's error number, when the cause is one.
    public var errno: Errno? {
        switch cause {
        case .errno(let errno, _), .kernel(let errno, _): errno
        case .libnl, .invalid: nil
        }
    }

    /// The cause in words, without the operation and the hint.
    public var reason: String { Self.text(cause) }

    public var description: String {
        let head = object.isEmpty ? operation : "\(operation) \(object)"
        return "\(head): \(reason)" + (hint.map { " (\($0))" } ?? "")
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

    private static func hint(for cause: Cause) -> String? {
        switch cause {
        case .errno(.notPermitted, _), .kernel(.notPermitted, _): "needs CAP_NET_ADMIN"
        default: nil
        }
    }
}
