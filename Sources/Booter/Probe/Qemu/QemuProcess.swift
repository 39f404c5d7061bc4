import Glibc
import LinuxSupport
import SystemPackage

/// A child process that speaks QMP on its standard input and output.
///
/// Never outlives its owner: `stop` or the end of the scope kills and reaps it, and the kernel does when this process is killed.
/// It has no guest and no file to lose.
struct QemuProcess: ~Copyable {
    enum Received {
        case bytes([UInt8])
        /// The other side closed: it has ended or is about to.
        case end
        case deadline
    }
    struct End {
        var status: WaitStatus
        /// The first 64 KiB of what it wrote to standard error.
        var errors: String
    }

    private var child: ChildProcess
    private let socket: OwnedDescriptor
    private let errorSocket: OwnedDescriptor
    private var errors: [UInt8] = []
    private var errorsAreOpen = true

    /// Starts `path`, which is absolute, with a nearly empty environment.
    ///
    /// - Parameters:
    ///   - isNobody: it runs as user nobody.
    ///   - hiding: a directory that is empty for it.
    /// - Throws: the `Errno` of socketpair(2) or of starting it.
    init(
        path: String, arguments: [String], environment: [String] = [], isNobody: Bool, hiding: String? = nil
    ) throws(Errno) {
        let standardIO = try SocketPair()
        let standardError = try SocketPair()
        // A locally built QEMU may find its libraries only by the caller's library path.
        let inherited = ["PATH", "LD_LIBRARY_PATH"].compactMap { (name: String) -> String? in
            getenv(name).map { name + "=" + String(cString: $0) }
        }
        var spawn = Spawn(path, arguments, environment: environment + inherited)
        spawn.endsWithParent = true
        spawn.isNobody = isNobody
        spawn.hiddenDirectory = hiding
        let far = standardIO.far.rawValue
        child = try spawn.start(input: far, output: far, error: standardError.far.rawValue)
        socket = standardIO.closeFar()
        errorSocket = standardError.closeFar()
    }

    /// Writes to its standard input. If it has ended meanwhile, `receive` reports it.
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
        while ContinuousClock.now < deadline {
            guard hasOutput(before: deadline) else { continue }
            let bytes = Self.read(socket.descriptor)
            return bytes.isEmpty ? .end : .bytes(bytes)
        }
        return .deadline
    }

    /// Ends it and says how it ended.
    ///
    /// - Parameter patience: how long it may take to end by itself, when it has closed its output; zero kills it at once.
    mutating func stop(patience: Duration = .zero) -> End {
        let deadline = ContinuousClock.now + patience
        // Until its last messages have come: a full standard error would keep it from ending.
        while errorsAreOpen, ContinuousClock.now < deadline { _ = hasOutput(before: deadline) }
        if child.wait(until: deadline) == nil { child.send(SIGKILL) }
        return End(status: child.wait(), errors: String(decoding: errors, as: UTF8.self))
    }

    /// Whether there is something on its standard output, once one of both sides has something or the deadline has passed.
    private mutating func hasOutput(before deadline: ContinuousClock.Instant) -> Bool {
        var polled = [
            pollfd(fd: socket.rawValue, events: Int16(POLLIN), revents: 0),
            pollfd(fd: errorsAreOpen ? errorSocket.rawValue : -1, events: Int16(POLLIN), revents: 0),
        ]
        guard poll(&polled, 2, PollDeadline(deadline).milliseconds) > 0 else { return false }
        if polled[1].revents != 0 {
            let bytes = Self.read(errorSocket.descriptor)
            if bytes.isEmpty { errorsAreOpen = false }
            errors += bytes.prefix(max(65_536 - errors.count, 0))
        }
        return polled[0].revents != 0
    }

    /// Empty at the end, and when the other side was killed with unread input (ECONNRESET).
    private static func read(_ descriptor: FileDescriptor) -> [UInt8] {
        var buffer = [UInt8](repeating: 0, count: 65_536)
        let count = (try? buffer.withUnsafeMutableBytes { try descriptor.read(into: $0) }) ?? 0
        return Array(buffer[..<count])
    }
}
