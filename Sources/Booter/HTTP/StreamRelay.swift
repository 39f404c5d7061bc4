import Glibc
import LinuxSupport
import NetworkValues

/// Carries bytes between a browser and QEMU's WebSocket, for a poll loop. Neither side is waited for, and none is read faster than the other
/// one takes it.
final class StreamRelay {
    private let client: OwnedDescriptor
    private let server: OwnedDescriptor
    private var toServer: ArraySlice<UInt8>
    private var toClient: ArraySlice<UInt8> = []
    /// Sides that have sent their last byte, or take none any more.
    private var (isClientGone, isServerGone) = (false, false)
    private static let limit = 1 << 16

    /// What a side has sent before it went is passed on first.
    var isOver: Bool { (isClientGone && (isServerGone || toServer.isEmpty)) || (isServerGone && toClient.isEmpty) }

    /// - Parameter first: what the server gets before what the client says.
    init(_ client: consuming OwnedDescriptor, _ server: consuming OwnedDescriptor, first: [UInt8]) {
        self.client = client
        self.server = server
        toServer = first[...]
        Self.findDeath(of: self.client)
    }

    /// Has the kernel end a connection whose other end has vanished without a word: tcp(7).
    private static func findDeath(of descriptor: borrowing OwnedDescriptor) {
        func set(_ level: Int32, _ option: Int32, _ value: Int32) {
            var value = value
            setsockopt(descriptor.rawValue, level, option, &value, socklen_t(MemoryLayout<Int32>.size))
        }
        set(SOL_SOCKET, SO_KEEPALIVE, 1)
        set(Int32(IPPROTO_TCP), TCP_KEEPIDLE, 30)
        set(Int32(IPPROTO_TCP), TCP_KEEPINTVL, 10)
        set(Int32(IPPROTO_TCP), TCP_KEEPCNT, 3)
        // In milliseconds.
        set(Int32(IPPROTO_TCP), TCP_USER_TIMEOUT, 60_000)
    }

    /// A connection that is being made, to one of this machine's own ports; nil when it cannot be.
    static func connect(_ address: IPv4Address, port: UInt16) -> OwnedDescriptor? {
        do {
            return try PortCheck(address, port: port).connection()
        } catch {
            return nil
        }
    }

    /// What poll(2) has to watch. It tells of a side that has gone even when nothing of it is asked for: one that can do nothing now is left
    /// out, as the loop would not rest otherwise.
    var watched: [(descriptor: Int32, events: Int16)] {
        var all: [(descriptor: Int32, events: Int16)] = []
        if !isClientGone { all.append((client.rawValue, events(from: toServer, to: toClient))) }
        if !isServerGone { all.append((server.rawValue, events(from: toClient, to: toServer))) }
        return all.filter { $0.events != 0 }
    }

    private func events(from read: ArraySlice<UInt8>, to write: ArraySlice<UInt8>) -> Int16 {
        (read.count < Self.limit ? Int16(POLLIN) : 0) | (write.isEmpty ? 0 : Int16(POLLOUT))
    }

    func move(_ ready: [Int32]) {
        guard ready.contains(client.rawValue) || ready.contains(server.rawValue) else { return }
        if !isClientGone, !read(client.rawValue, to: &toServer) { isClientGone = true }
        if !isServerGone, !read(server.rawValue, to: &toClient) { isServerGone = true }
        if !write(server.rawValue, &toServer) { isServerGone = true }
        if !write(client.rawValue, &toClient) { isClientGone = true }
    }

    private func read(_ descriptor: Int32, to buffer: inout ArraySlice<UInt8>) -> Bool {
        guard buffer.count < Self.limit else { return true }
        var bytes = [UInt8](repeating: 0, count: Self.limit)
        let count = recv(descriptor, &bytes, bytes.count, Int32(MSG_DONTWAIT))
        if count > 0 { buffer += bytes[..<count] }
        // A connection that is not made yet has nothing to read.
        return count > 0 || (count < 0 && [EAGAIN, EINTR, ENOTCONN].contains(errno))
    }

    private func write(_ descriptor: Int32, _ buffer: inout ArraySlice<UInt8>) -> Bool {
        guard !buffer.isEmpty else { return true }
        let count = buffer.withUnsafeBytes { send(descriptor, $0.baseAddress, $0.count, Int32(MSG_DONTWAIT) | Int32(MSG_NOSIGNAL)) }
        if count > 0 { buffer = buffer.dropFirst(count) }
        return count >= 0 || [EAGAIN, EINTR, ENOTCONN].contains(errno)
    }
}
