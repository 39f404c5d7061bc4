public import SystemPackage

/// Why a module cannot be used: what was attempted, on what, why it failed and what to do.
public struct ModuleError: Error, Equatable, Sendable, CustomStringConvertible {
    public enum Operation: String, Sendable {
        case open = "open module directory"
        case lookUp = "look up module"
        case insert = "load module"
        case readParameter = "read module parameter"
        case writeParameter = "set module parameter"
    }

    public var operation: Operation
    /// The module, or `module.parameter`; nil when none is concerned.
    public var module: String?
    public var errno: Errno
    public var kind: ModuleErrorKind
    /// The messages of libkmod and of the kernel, in order.
    public var messages: [String]

    init(_ operation: Operation, _ module: String?, errno: Errno, kind: ModuleErrorKind, messages: [String] = []) {
        self.operation = operation
        self.module = module
        self.errno = errno
        self.kind = kind
        self.messages = messages
    }

    /// `load module kvm: not in /lib/modules/6.1.0 (No such file or directory)`, without the remedy.
    public var description: String {
        let head = [operation.rawValue, module].compactMap(\.self).joined(separator: " ")
        return "\(head): \(reason)"
    }

    /// The cause in words, without the operation.
    public var reason: String {
        kind.cause + details
    }

    /// The errno and the messages: ` (No such device): kvm: no hardware support`.
    public var details: String {
        " (\(errno.description))" + (messages.isEmpty ? "" : ": " + messages.joined(separator: "; "))
    }

    /// What to do about it: imperative, lower case, no full stop.
    public var remedy: String { kind.remedy }
}
