import Diagnostics
import Glibc
import Lifecycle
import LinuxSupport
import SystemPackage

/// The supervisor's side of its socket. Nothing here waits for a client: one that does not read is let go.
struct SupervisorSocket: ~Copyable {
    private let listener: OwnedDescriptor
    private var clients: [Client] = []
    private var count = 0
    private static let clientLimit = 16
    /// What a client hears that is one too many.
    static let refusal = "no \(clientLimit) clients are connected already\n"
    /// Bytes of a request.
    private static let requestLimit = 64

    private final class Client {
        let descriptor: OwnedDescriptor
        /// No other client ever has it.
        let number: Int
        var received: [UInt8] = []
        var follows = false
        /// Whether what it writes is typed for the guest.
        var types = false
        /// Whether it waits for the end.
        var waits = false

        init(_ descriptor: consuming OwnedDescriptor, number: Int) {
            self.descriptor = descriptor
            self.number = number
        }
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

    /// What poll(2) has to watch.
    /// - Parameter hasRoom: whether the guest takes what consoles type.
    func watched(hasRoom: Bool) -> [(descriptor: Int32, events: Int16)] {
        // Without events, poll(2) still tells that a client has gone.
        [(listener.rawValue, Int16(POLLIN))] + clients.map { ($0.descriptor.rawValue, $0.types && !hasRoom ? 0 : Int16(POLLIN)) }
    }

    struct Received {
        /// Each with the number of the client to answer it to.
        var requests: [(request: SupervisorRequest, client: Int)] = []
        /// For the guest.
        var typed: [UInt8] = []
    }

    /// Takes new clients, what they ask and what they type.
    /// - Parameters:
    ///   - ready: the descriptors that poll(2) found readable or closed.
    ///   - hasRoom: as it was for `watched`.
    mutating func receive(_ ready: [Int32], hasRoom: Bool) -> Received {
        var received = Received()
        for client in clients where ready.contains(client.descriptor.rawValue) {
            guard !client.types || hasRoom else {
                remove(client.number)
                continue
            }
            var buffer = [UInt8](repeating: 0, count: Self.requestLimit)
            let count = recv(client.descriptor.rawValue, &buffer, buffer.count, Int32(MSG_DONTWAIT))
            if count < 0, errno == EAGAIN || errno == EINTR { continue }
            if client.types, count > 0 {
                received.typed += buffer[..<count]
                continue
            }
            client.received += buffer[..<max(count, 0)]
            let word = String(decoding: client.received.prefix { $0 != UInt8(ascii: "\n") }, as: UTF8.self)
            guard count > 0, client.received.count <= Self.requestLimit else {
                remove(client.number)
                continue
            }
            guard client.received.last == UInt8(ascii: "\n") else { continue }
            client.received = []
            if let request = SupervisorRequest(rawValue: word) {
                received.requests.append((request, client.number))
            } else {
                remove(client.number)
            }
        }
        if ready.contains(listener.rawValue) { accept() }
        return received
    }

    private mutating func accept() {
        let raw = Glibc.accept(listener.rawValue, nil, nil)
        guard raw >= 0 else { return }
        _ = fcntl(raw, F_SETFD, FD_CLOEXEC)
        let client = OwnedDescriptor(adopting: raw)
        guard clients.count < Self.clientLimit else {
            let bytes = Array(Self.refusal.utf8)
            send(raw, bytes, bytes.count, Int32(MSG_DONTWAIT) | Int32(MSG_NOSIGNAL))
            return
        }
        count += 1
        clients.append(Client(client, number: count))
    }

    /// - Parameter stays: the connection is kept.
    mutating func answer(_ bytes: [UInt8], to client: Int, stays: Bool = false) {
        guard let descriptor = clients.first(where: { $0.number == client })?.descriptor.rawValue else { return }
        let count = send(descriptor, bytes, bytes.count, Int32(MSG_DONTWAIT) | Int32(MSG_NOSIGNAL))
        if !stays || count != bytes.count { remove(client) }
    }

    /// The client hears of the end.
    mutating func keep(_ client: Int) {
        for each in clients where each.number == client { each.waits = true }
    }

    /// Says how the guest ended to those who wait for it: the exit code and the reason. They stay connected until this value goes away.
    mutating func finish(_ outcome: LifecycleOutcome) {
        let text = "\(outcome.error?.exitCode ?? 0) \(outcome.reason.printable)\n"
        for client in clients where client.waits { answer(Array(text.utf8), to: client.number, stays: true) }
    }

    /// - Parameter types: it is a console.
    mutating func follow(_ client: Int, types: Bool = false) {
        for each in clients where each.number == client { (each.follows, each.types) = (true, types) }
    }

    /// Hands the guest's output to those who follow it.
    mutating func pass(_ bytes: [UInt8]) {
        guard !bytes.isEmpty else { return }
        for client in clients where client.follows { answer(bytes, to: client.number, stays: true) }
    }

    private mutating func remove(_ client: Int) { clients.removeAll { $0.number == client } }
}
