package import Diagnostics
package import SystemPackage

/// Why bytes of a file, an image or an archive cannot be had.
package enum FormatError: Error, Equatable, Sendable {
    /// The file below could not be read.
    case reading(Errno)
    /// The file below could not be written.
    case writing(Errno)
    /// What contradicts the format or its checksums, as a clause: "the block table 2 ends outside of the image".
    case damaged(String)
    /// What this project does not read, as a clause: "the image is encrypted".
    case unsupported(String)
    /// What the archive or volume does not have, as a clause: "there is no file a/b".
    case notFound(String)
    /// The task was cancelled.
    case interrupted

    /// A clause for the user.
    package var cause: String {
        switch self {
        case .reading(let errno), .writing(let errno): errno.description
        case .damaged(let cause), .unsupported(let cause), .notFound(let cause): cause.printable
        case .interrupted: "interrupted"
        }
    }

    /// The error of a command.
    /// - Parameter operation: what the command tried, as a verb phrase.
    package func operationError(_ operation: String, _ object: String, remedy: String? = nil) -> OperationError {
        switch self {
        case .reading: OperationError(operation, object, cause: cause, remedy: remedy, exit: .noInput)
        case .writing(.noSpace):
            OperationError(
                operation, object, cause: cause, remedy: remedy ?? "free some space, or choose another directory", exit: .cantCreate)
        case .writing: OperationError(operation, object, cause: cause, remedy: remedy, exit: .cantCreate)
        case .damaged: OperationError(operation, object, cause: cause, remedy: remedy ?? "get the file again", exit: .dataError)
        case .unsupported: OperationError(operation, object, cause: cause, remedy: remedy, exit: .dataError)
        case .notFound: OperationError(operation, object, cause: cause, remedy: remedy, exit: .noInput)
        case .interrupted: OperationError("", "", cause: cause, exit: .interrupted)
        }
    }
}
