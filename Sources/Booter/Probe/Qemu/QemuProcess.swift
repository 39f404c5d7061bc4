import Glibc
import LinuxSupport
import SystemPackage

/// A child process that speaks QMP on its standard input and output.
///
/// Never outlives its owner: `stop` or the end of the scope kills and reaps it. It has no guest and no file to lose.
struct QemuProcess: ~Copyable {
    enum Received {
        case bytes([UInt8])
        /// The other side closed: it has ended or is about to.
        case end
        case deadline
    }
    struct End {
        enum Cause: Equatable { case exited(Int32), signalled(Int32) }
        var cause: Cause
        /// The first 64 KiB of what it wrote to standard error.
        var errors: String
    }

    private let identifier: pid_t
    private let socket: OwnedDescriptor
    private let errorSocket: OwnedDescriptor
    private var errors: [UInt8] = []
    private var errorsAreOpen = true
    private var isReaped = false

    /// Starts `path`, which is absolute, with a nearly empty environment.
    ///
    /// - Throws: the `Errno` of socketpair(2) or posix_spawn(3).
    init(path: String, arguments: [String], environment: [String] = []) throws(Errno) {
        // Sockets and not pipes: writing to a dead child then fails without SIGPIPE.
        let type = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue)
        var ends: [Int32] = [-1, -1]
        if socketpair(AF_UNIX, type, 0, &ends) != 0 { throw Errno(rawValue: errno) }
        let near = OwnedDescriptor(adopting: ends[0])
        let far = OwnedDescriptor(adopting: ends[1])
        if socketpair(AF_UNIX, type, 0, &ends) != 0 { throw Errno(rawValue: errno) }
        let readEnd = OwnedDescriptor(adopting: ends[0])
        let writeEnd = OwnedDescriptor(adopting: ends[1])
        identifier = try Self.spawn(path, arguments, environment, standardIO: far.rawValue, standardError: writeEnd.rawValue)
        socket = near
        errorSocket = readEnd
    }

    deinit {
        if !isReaped { Self.end(identifier) }
    }

    /// Writes to its standard input. That it has died meanwhile shows in `receive`.
    func send(_ text: String) {
        var bytes = Array(text.utf8)[...]
        while !bytes.isEmpty {
            let sent = bytes.withUnsafeBytes { Glibc.send(socket.rawValue, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
            if sent < 0 && errno == EINTR { continue }
            if sent <= 0 { return }
            bytes = bytes.dropFirst(sent)
        }
    }

    /// Waits for something on its standard output, and collects what it says on standard error meanwhile.
    mutating func receive(before deadline: ContinuousClock.Instant) -> Received {
        while true {
            guard let ready = wait(until: deadline) else { return .deadline }
            if ready.output {
                let bytes = Self.read(socket.descriptor)
                return bytes.isEmpty ? .end : .bytes(bytes)
            }
        }
    }

    /// Ends it and says how it ended.
    ///
    /// - Parameter patience: how long it may take to end by itself, when it has closed its output; zero kills it at once.
    mutating func stop(patience: Duration = .zero) -> End {
        let deadline = ContinuousClock.now + patience
        // The kernel closes the socket after it noted the exit status: killing it then changes nothing any more.
        while patience > .zero, errorsAreOpen, wait(until: deadline) != nil {}
        let status = isReaped ? 0 : Self.end(identifier)
        isReaped = true
        // WIFSIGNALED and WTERMSIG, WEXITSTATUS of bits/waitstatus.h.
        let signal = status & 0x7f
        return End(
            cause: signal == 0 ? .exited((status >> 8) & 0xff) : .signalled(signal), errors: String(decoding: errors, as: UTF8.self))
    }

    /// nil when the deadline has passed; otherwise at least one side had something.
    private mutating func wait(until deadline: ContinuousClock.Instant) -> (output: Bool, errors: Bool)? {
        let remaining = (deadline - ContinuousClock.now) / Duration.milliseconds(1)
        guard remaining > 0 else { return nil }
        var polled = [
            pollfd(fd: socket.rawValue, events: Int16(POLLIN), revents: 0),
            pollfd(fd: errorsAreOpen ? errorSocket.rawValue : -1, events: Int16(POLLIN), revents: 0),
        ]
        let count = poll(&polled, 2, Int32(min(remaining.rounded(.up), 60_000)))
        guard count > 0 else { return (false, false) }
        if polled[1].revents != 0 {
            let bytes = Self.read(errorSocket.descriptor)
            if bytes.isEmpty { errorsAreOpen = false }
            errors += bytes.prefix(max(65_536 - errors.count, 0))
        }
        return (polled[0].revents != 0, polled[1].revents != 0)
    }

    /// Empty at the end, and when the other side was killed with unread input (ECONNRESET).
    private static func read(_ descriptor: FileDescriptor) -> [UInt8] {
        var buffer = [UInt8](repeating: 0, count: 65_536)
        let count = (try? buffer.withUnsafeMutableBytes { try descriptor.read(into: $0) }) ?? 0
        return Array(buffer[..<count])
    }

    @discardableResult private static func end(_ identifier: pid_t) -> Int32 {
        kill(identifier, SIGKILL)
        var status: Int32 = 0
        while waitpid(identifier, &status, 0) < 0 && errno == EINTR {}
        return status
    }

    private static func spawn(
        _ path: String, _ arguments: [String], _ environment: [String], standardIO: Int32, standardError: Int32
    ) throws(Errno) -> pid_t {
        // A library path of the caller's is how a QEMU of one's own finds its libraries.
        let environment =
            environment
            + ["PATH", "LD_LIBRARY_PATH"].compactMap { (name: String) -> String? in
                getenv(name).map { name + "=" + String(cString: $0) }
            }
        return try Spawn.start(path, arguments, environment: environment, input: standardIO, output: standardIO, error: standardError)
    }
}
