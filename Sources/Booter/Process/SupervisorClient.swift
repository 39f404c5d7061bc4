import Diagnostics
import Glibc
import LinuxSupport
import SystemPackage

/// The other side of the supervisor's socket.
struct SupervisorClient: ~Copyable {
    private let socket: LocalSocket
    private let path: String
    /// How long the supervisor may take for an answer: it waits for nothing itself.
    private static let patience = Duration.seconds(10)

    /// Asks for something.
    /// - Throws: when no supervisor listens there.
    init(_ path: String, asking request: SupervisorRequest) throws(OperationError) {
        self.path = path
        do throws(Errno) {
            socket = try Self.connect(path, request)
        } catch {
            // It was closed before it took the request.
            if error == .brokenPipe || error == .connectionReset { throw Self.full(path) }
            let isMissing = error == .noSuchFileOrDirectory || error == .connectionRefused
            throw OperationError(
                "reach", "the supervisor at \(path)",
                cause: isMissing ? "no boot supervises a guest here" : error.description,
                remedy: isMissing ? "start the guest with boot run --supervise; boot powerdown works without" : "run as root",
                exit: isMissing ? .tempFail : .noPermission)
        }
    }

    private static func connect(_ path: String, _ request: SupervisorRequest) throws(Errno) -> LocalSocket {
        let socket = try LocalSocket(connectingTo: path, patience: patience)
        try socket.send(request.rawValue + "\n")
        return socket
    }

    /// The error for `SupervisorSocket.refusal`.
    var full: OperationError { Self.full(path) }

    private static func full(_ path: String) -> OperationError {
        OperationError(
            "reach", "the supervisor at \(path)", cause: "it has as many clients as it serves",
            remedy: "end other boot log, console and status", exit: .tempFail)
    }

    /// Whether a supervisor listens there.
    static func isServed(_ path: String) -> Bool {
        do throws(Errno) {
            _ = try LocalSocket(connectingTo: path, patience: patience)
            return true
        } catch {
            return error != .noSuchFileOrDirectory && error != .connectionRefused
        }
    }

    /// For poll(2).
    var rawValue: Int32 { socket.rawValue }

    /// The next bytes; nothing when the supervisor has closed the connection.
    /// - Throws: `tempFail` when none come until `deadline`.
    func next(until deadline: ContinuousClock.Instant) throws(OperationError) -> [UInt8] {
        do {
            return try socket.receive(until: deadline)
        } catch .connectionReset {
            return []
        } catch {
            let isLate = error == .resourceTemporarilyUnavailable
            throw OperationError(
                "hear", "the supervisor at \(path)", cause: isLate ? "no answer in time" : error.description,
                remedy: isLate ? "wait longer" : nil, exit: .tempFail)
        }
    }

    /// Everything until the supervisor closes the connection.
    func answer(until deadline: ContinuousClock.Instant = .now + SupervisorClient.patience) throws(OperationError) -> [UInt8] {
        var all: [UInt8] = []
        while true {
            let bytes = try next(until: deadline)
            if bytes.isEmpty {
                if all == Array(SupervisorSocket.refusal.utf8) { throw full }
                return all
            }
            all += bytes
        }
    }
}
