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
    private(set) var isOver = false
    private static let limit = 1 << 16

    /// - Parameter first: what the server gets before what the client says.
    init(_ client: consuming OwnedDescriptor, _ server: consuming OwnedDescriptor, first: [UInt8]) {
        self.client = client
        self.server = server
        toServer = first[...]
    }

    /// A connection that is being made, to one of this machine's own ports; nil when it cannot be.
    static func connect(_ address: IPv4Address, port: UInt16) -> OwnedDescriptor? {
        do {
            return try PortCheck(address, port: port).connection()
        } catch {
            return nil
        }
    }

    /// What poll(2) has to watch.
    var watched: [(descriptor: Int32, events: Int16)] {
        [(client.rawValue, events(from: toServer, to: toClient)), (server.rawValue, events(from: toClient, to: toServer))]
    }

    private func events(from read: ArraySlice<UInt8>, to write: ArraySlice<UInt8>) -> Int16 {
        (read.count < Self.limit ? Int16(POLLIN) : 0) | (write.isEmpty ? 0 : Int16(POLLOUT))
    }

    func move(_ ready: [Int32]) {
        guard ready.contains(client.rawValue) || ready.contains(server.rawValue) else { return }
        let isOpen =
            read(client.rawValue, to: &toServer) && read(server.rawValue, to: &toClient) && write(server.rawValue, &toServer)
            && write(client.rawValue, &toClient)
        if !isOpen { isOver = true }
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
