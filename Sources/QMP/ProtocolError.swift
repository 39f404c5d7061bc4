import Diagnostics

/// The other end of the socket does not speak QMP as it should.
package enum ProtocolError: Error, Equatable, Sendable, CustomStringConvertible {
    case lineTooLong(limit: Int)
    /// A line that is no message; its beginning, made printable.
    case rubbish(String)
    /// A message that does not belong here.
    case unexpected(String)
    /// A command's answer is not what the protocol promises.
    case misshapen(command: String)

    static func rubbish(line: [UInt8]) -> ProtocolError {
        .rubbish(String(decoding: line.prefix(80), as: UTF8.self).printable + (line.count > 80 ? " ..." : ""))
    }

    package var description: String {
        switch self {
        case .lineTooLong(let limit): "a line of more than \(limit) bytes"
        case .rubbish(let line): "not a QMP message: \(line)"
        case .unexpected(let message): message
        case .misshapen(let command): "a malformed answer to \(command)"
        }
    }
}
