import CLinux
import Glibc
public import SystemPackage

/// A connection to a program on this machine through its Unix socket. No call takes longer than the patience that it was made with.
public struct LocalSocket: ~Copyable, Sendable {
    /// sun_path of linux/un.h, with the NUL.
    public static let pathLimit = 108

    private let descriptor: OwnedDescriptor

    /// - Throws: `.fileNameTooLong` for a path that fits in no address; the `Errno` of socket(2) or connect(2), of which
    ///   `.resourceTemporarilyUnavailable` says that others are waiting there already.
    public init(connectingTo path: String, patience: Duration) throws(Errno) {
        let name = Array(path.utf8)
        guard name.count < Self.pathLimit else { throw .fileNameTooLong }
        let raw = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard raw >= 0 else { throw Errno(rawValue: errno) }
        let made = OwnedDescriptor(adopting: raw)
        let (seconds, attoseconds) = patience.components
        var limit = timeval(tv_sec: Int(seconds), tv_usec: Int(attoseconds / 1_000_000_000_000))
        // The one for sending holds for connect(2) as well, which waits while the listener's queue is full.
        for option in [SO_RCVTIMEO, SO_SNDTIMEO] { setsockopt(raw, SOL_SOCKET, option, &limit, socklen_t(MemoryLayout<timeval>.size)) }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: name) }
        let result = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { connect(raw, $0, socklen_t(MemoryLayout<sockaddr_un>.size)) }
        }
        if result != 0 { throw Errno(rawValue: errno) }
        descriptor = made
    }

    /// - Throws: the `Errno` of send(2); `.brokenPipe` without its signal when the other end is gone.
    public func send(_ text: String) throws(Errno) {
        var bytes = Array(text.utf8)[...]
        while !bytes.isEmpty {
            let sent = bytes.withUnsafeBytes { Glibc.send(descriptor.rawValue, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
            if sent >= 0 {
                bytes = bytes.dropFirst(sent)
            } else if errno != EINTR {
                throw Errno(rawValue: errno)
            }
        }
    }

    /// Sends a text, and a descriptor with its first byte.
    /// - Throws: as `send`.
    package func send(_ text: String, with passed: borrowing OwnedDescriptor) throws(Errno) {
        let bytes = Array(text.utf8)
        while true {
            let sent = mv_send_with(descriptor.rawValue, bytes, bytes.count, passed.rawValue)
            if sent >= 0 { return try send(String(decoding: bytes.dropFirst(sent), as: UTF8.self)) }
            if errno != EINTR { throw Errno(rawValue: errno) }
        }
    }

    /// For poll(2).
    package var rawValue: Int32 { descriptor.rawValue }

    /// As `receive()`, waiting until `deadline` at the latest.
    package func receive(until deadline: ContinuousClock.Instant) throws(Errno) -> [UInt8] {
        guard PollDeadline(deadline).wait(for: rawValue) else { throw .resourceTemporarilyUnavailable }
        return try receive()
    }

    /// Closes the connection in both directions: a `receive` of another thread returns nothing.
    package func shutDown() { _ = shutdown(rawValue, Int32(SHUT_RDWR)) }

    /// What has come, at least one byte; nothing when the other end has closed it.
    /// - Throws: the `Errno` of recv(2), of which `.resourceTemporarilyUnavailable` says that nothing came.
    public func receive() throws(Errno) -> [UInt8] {
        var buffer = [UInt8](repeating: 0, count: 4096)
        while true {
            let count = recv(descriptor.rawValue, &buffer, buffer.count, 0)
            if count >= 0 { return Array(buffer[..<count]) }
            if errno != EINTR { throw Errno(rawValue: errno) }
        }
    }
}
