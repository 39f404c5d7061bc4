/// Why a command gave up: what was attempted, on what, why it failed and what to do.
///
/// Printed as `macos-virt: <operation> <object>: <cause>` and, below it, the remedy.
public struct HostError: Error, Equatable, Sendable, CustomStringConvertible {
    /// A verb phrase: "download package", "write image".
    public var operation: String
    /// What it was attempted on: "linux-image-amd64", "build/linux.img".
    public var object: String
    public var cause: String
    public var remedy: String?
    /// From sysexits.h.
    public var exit: ExitStatus

    public init(_ operation: String, _ object: String, cause: String, remedy: String? = nil, exit: ExitStatus) {
        self.operation = operation
        self.object = object
        self.cause = cause
        self.remedy = remedy
        self.exit = exit
    }

    public var description: String {
        let head = [[operation, object].filter { !$0.isEmpty }.joined(separator: " "), cause].filter { !$0.isEmpty }.joined(separator: ": ")
        return remedy.map { head + "\n  " + $0 } ?? head
    }
}
