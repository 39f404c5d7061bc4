/// Why a command failed: what it tried, on what, why that failed and what to do.
///
/// Printed as `<program>: <operation> <object>: <cause>` with the remedy on the next line.
package struct OperationError: Error, Equatable, Sendable, CustomStringConvertible {
    /// A verb phrase: "load module", "open disk".
    package var operation: String
    /// What was operated on: "kvm_amd", "/dev/sdb".
    package var object: String
    package var cause: String
    /// An imperative clause, lower case, without a full stop: "load the module tun".
    package var remedy: String?
    package var exit: ExitStatus

    package init(_ operation: String, _ object: String, cause: String, remedy: String? = nil, exit: ExitStatus) {
        self.operation = operation
        self.object = object
        self.cause = cause
        self.remedy = remedy
        self.exit = exit
    }

    /// The process's exit code.
    package var exitCode: Int32 { exit.rawValue }

    package var description: String { remedy.map { headline + "\n  " + $0 } ?? headline }

    /// Without the remedy, on one line.
    package var headline: String {
        [[operation, object].filter { !$0.isEmpty }.joined(separator: " "), cause].filter { !$0.isEmpty }.joined(separator: ": ")
    }
}
