/// Why `boot` gave up: what was attempted, on what, why it failed and what to do.
///
/// Printed as `boot: <operation> <object>: <cause>` and, below it, the remedy.
struct BootError: Error, Equatable, Sendable, CustomStringConvertible {
    /// A verb phrase: "load module", "open disk".
    var operation: String
    /// What it was attempted on: "kvm_amd", "/dev/sdb".
    var object: String
    var cause: String
    var remedy: String?
    /// One of ExitStatus.
    var exitCode: Int32

    init(_ operation: String, _ object: String, cause: String, remedy: String? = nil, exit: Int32) {
        self.operation = operation
        self.object = object
        self.cause = cause
        self.remedy = remedy
        self.exitCode = exit
    }

    var description: String {
        let head = [[operation, object].filter { !$0.isEmpty }.joined(separator: " "), cause].filter { !$0.isEmpty }.joined(separator: ": ")
        return remedy.map { head + "\n  " + $0 } ?? head
    }
}
