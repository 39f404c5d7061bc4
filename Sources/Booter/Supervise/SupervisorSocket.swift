import Diagnostics
import Glibc
import Lifecycle
import LinuxSupport
import SystemPackage

/// The supervisor's side of its socket. Nothing here waits for a client: one that does not read is let go.
struct SupervisorSocket: ~Copyable {
    private let listener: OwnedDescriptor
    private var clients: [Client] = []
    private static let clientLimit = 16
    /// Bytes of a request.
    private static let requestLimit = 64

    private final class Client {
        let descriptor: OwnedDescriptor
        var received: [UInt8] = []
        var follows = false
        /// Whether it waits for the end.
        var waits = false

        init(_ descriptor: consuming OwnedDescriptor) { self.descriptor = descriptor }
    }

    /// Listens at a path that only root can connect to.
    /// - Throws: `cantCreate` when the path cannot be used.
    init(_ path: String) throws(OperationError) {
        do throws(Errno) {
            listener = try LocalListener.make(path)
        } catch {
            throw OperationError(
                "listen at", path, cause: error.description, remedy: "make state.run writable, or set it to another directory",
                exit: .cantCreate)
        }
    }

    /// For poll(2).
    var descriptors: [Int32] { [listener.rawValue] + clients.map { $0.descriptor.rawValue } }

    /// Takes new clients and what they ask.
    /// - Parameter ready: the descriptors that poll(2) found readable.
    /// - Returns: each request with the descriptor to answer it to.
    mutating func receive(_ ready: [Int32]) -> [(request: SupervisorRequest, client: Int32)] {
        var requests: [(SupervisorRequest, Int32)] = []
        for client in clients where ready.contains(client.descriptor.rawValue) {
            var buffer = [UInt8](repeating: 0, count: Self.requestLimit)
            let count = recv(client.descriptor.rawValue, &buffer, buffer.count, Int32(MSG_DONTWAIT))
            if count < 0, errno == EAGAIN || errno == EINTR { continue }
            client.received += buffer[..<max(count, 0)]
            let word = String(decoding: client.received.prefix { $0 != UInt8(ascii: "\n") }, as: UTF8.self)
            guard count > 0, client.received.count <= Self.requestLimit else {
                remove(client.descriptor.rawValue)
                continue
            }
            guard client.received.last == UInt8(ascii: "\n") else { continue }
            client.received = []
            if let request = SupervisorRequest(rawValue: word) {
                requests.append((request, client.descriptor.rawValue))
            } else {
                remove(client.descriptor.rawValue)
            }
        }
        if ready.contains(listener.rawValue) { accept() }
        return requests
    }

    private mutating func accept() {
        let raw = Glibc.accept(listener.rawValue, nil, nil)
        guard raw >= 0 else { return }
        _ = fcntl(raw, F_SETFD, FD_CLOEXEC)
        let client = OwnedDescriptor(adopting: raw)
        if clients.count < Self.clientLimit { clients.append(Client(client)) }
    }

    /// - Parameter stays: the connection is kept.
    mutating func answer(_ bytes: [UInt8], to client: Int32, stays: Bool = false) {
        let count = send(client, bytes, bytes.count, Int32(MSG_DONTWAIT) | Int32(MSG_NOSIGNAL))
        if !stays || count != bytes.count { remove(client) }
    }

    /// The client hears of the end.
    mutating func keep(_ client: Int32) {
        for each in clients where each.descriptor.rawValue == client { each.waits = true }
    }

    /// Says how the guest ended to those who wait for it: the exit code and the reason. They stay connected until this value goes away.
    mutating func finish(_ outcome: LifecycleOutcome) {
        let text = "\(outcome.error?.exitCode ?? 0) \(outcome.error?.cause.printable ?? "the guest is shut down")\n"
        for client in clients where client.waits { answer(Array(text.utf8), to: client.descriptor.rawValue, stays: true) }
    }

    mutating func follow(_ client: Int32) {
        for each in clients where each.descriptor.rawValue == client { each.follows = true }
    }

    /// Hands the guest's output to those who follow it.
    mutating func pass(_ bytes: [UInt8]) {
        guard !bytes.isEmpty else { return }
        for client in clients where client.follows { answer(bytes, to: client.descriptor.rawValue, stays: true) }
    }

    private mutating func remove(_ client: Int32) { clients.removeAll { $0.descriptor.rawValue == client } }
}
