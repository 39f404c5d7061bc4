package import Diagnostics
import HostSupport

/// Why a request did not bring what was asked for.
package enum TransferProblem: Equatable, Sendable {
    /// It can go better the next time: a connection that broke off or stalled, a server that is overloaded.
    case transient(String)
    /// 401 or 403: a token has expired, or the network does not let it through.
    case forbidden(Int)
    /// 404 or 410.
    case missing(Int)
    /// 412: the file on the server is another one than before.
    case changed
    /// 416: the file on the server ends before what was asked for.
    case pastEnd
    /// The server sent the whole file where a part was asked for.
    case rangesIgnored
    /// It sent more than it should.
    case tooLong
    /// 407.
    case proxy
    /// Any other answer from 400 on.
    case status(Int)
    /// A redirect to a URL that is not https, or more than five in a row.
    case redirect(String)
    /// The certificate of the server is not trusted.
    case certificate(String)
    case diskFull
    case other(String)

    /// - Parameters:
    ///   - code: curl's exit code; see curl(1), EXIT CODES.
    ///   - status: of the HTTP answer; 0 when there was none.
    ///   - said: curl's last words.
    init(code: Int32, status: Int, said: String) {
        switch code {
        case 22, 33: self = Self.answer(status, said)
        case 63: self = status == 200 ? .rangesIgnored : .tooLong
        case 1, 47: self = .redirect(said)
        case 51, 60, 77, 83, 90, 91: self = .certificate(said)
        case 23: self = .other(said)
        // Names, connections, TLS and HTTP/2 streams that break, and the limit of speed.
        case 5, 6, 7, 16, 18, 28, 35, 52, 55, 56, 92, 95, 96: self = .transient(said)
        default: self = .other(said)
        }
    }

    private static func answer(_ status: Int, _ said: String) -> TransferProblem {
        switch status {
        case 401, 403: .forbidden(status)
        case 404, 410: .missing(status)
        case 407: .proxy
        case 412: .changed
        case 416: .pastEnd
        case 408, 425, 429, 500, 502, 503, 504: .transient(said)
        default: .status(status)
        }
    }

    /// Whether a server refused a file that it would give with another token.
    package static func isRefusal(_ error: OperationError) -> Bool {
        [TransferProblem.forbidden(401), .forbidden(403)].contains { $0.error("").cause == error.cause }
    }

    private static let kept = "try again: the part that arrived is kept"

    /// What a command ends with.
    package func error(_ url: String) -> OperationError {
        let (cause, remedy, exit): (String, String?, ExitStatus) =
            switch self {
            case .transient(let said): (said, Self.kept, .unavailable)
            case .forbidden(let status):
                (
                    "the server refuses it (HTTP \(status))",
                    "try again; if it happens again, try from another network or without the proxy",
                    .unavailable
                )
            case .missing(let status): ("the server does not have it (any more) (HTTP \(status))", nil, .unavailable)
            case .changed: ("the file changed on the server during the download (HTTP 412)", "try again", .unavailable)
            case .pastEnd: ("the file on the server is shorter than announced (HTTP 416)", "try again later", .dataError)
            case .rangesIgnored: ("the server sends the whole file where a part is asked for", Self.kept, .unavailable)
            case .tooLong: ("the server sends more than was announced", "try again later", .dataError)
            case .proxy: ("the proxy wants a name and a password (HTTP 407)", "put them into https_proxy, see curl(1)", .unavailable)
            case .status(let status): ("the server answers with HTTP \(status)", Self.kept, .unavailable)
            case .redirect(let said): (said, "only https is followed, and five redirects at most", .unavailable)
            case .certificate(let said): (said, "check the date of this machine, and whether a proxy replaces certificates", .unavailable)
            case .diskFull: ("No space left on device", "free some space, or choose another directory with --cache", .cantCreate)
            case .other(let said): (said, Self.kept, .unavailable)
            }
        return OperationError("download", url.printable, cause: cause, remedy: remedy, exit: exit)
    }
}
