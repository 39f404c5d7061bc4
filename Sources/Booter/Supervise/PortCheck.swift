import Glibc
import LinuxSupport
import NetworkValues
import SystemPackage

/// A try to connect to a TCP port of the guest, for a poll loop.
struct PortCheck: ~Copyable {
    private let socket: OwnedDescriptor
    /// When to give it up.
    let deadline: ContinuousClock.Instant
    /// How long a guest on this machine may take for its answer.
    private static let patience = Duration.milliseconds(900)

    /// For poll(2), which finds it writable when the answer has come.
    var rawValue: Int32 { socket.rawValue }

    /// - Throws: the `Errno` of socket(2) or connect(2), such as `.noRouteToHost` for a tap that is down.
    init(_ address: IPv4Address, port: UInt16) throws(Errno) {
        let raw = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue), 0)
        guard raw >= 0 else { throw Errno(rawValue: errno) }
        let made = OwnedDescriptor(adopting: raw)
        var name = sockaddr_in()
        name.sin_family = sa_family_t(AF_INET)
        name.sin_port = port.bigEndian
        withUnsafeMutableBytes(of: &name.sin_addr) { $0.copyBytes(from: address.bytes) }
        let result = withUnsafePointer(to: &name) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { connect(raw, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) }
        }
        guard result == 0 || errno == EINPROGRESS else { throw Errno(rawValue: errno) }
        socket = made
        deadline = .now + Self.patience
    }

    /// The connection, which may not be made yet.
    consuming func connection() -> OwnedDescriptor { socket }

    /// Whether the port answers, once poll(2) has found it writable.
    func isMet() -> Bool {
        var error: Int32 = 0
        var length = socklen_t(MemoryLayout<Int32>.size)
        return getsockopt(socket.rawValue, SOL_SOCKET, SO_ERROR, &error, &length) == 0 && error == 0
    }
}
