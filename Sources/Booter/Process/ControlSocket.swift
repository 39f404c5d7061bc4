import Glibc
import LinuxSupport
import SystemPackage

/// A running QEMU's control socket: QEMU Machine Protocol, docs/interop/qmp-spec.
struct ControlSocket {
    let path: String

    /// How long QEMU may take for an answer, seconds: it answers from its main loop, which a slow disk can hold up.
    private static let patience = 10

    /// Has one command carried out that takes no arguments.
    /// - Throws: when nobody listens, when it is refused, and when no answer comes.
    func execute(_ command: String) throws(BootError) {
        let socket = try connect()
        // The greeting comes by itself; commands are only taken after the capabilities were.
        try send("{\"execute\":\"qmp_capabilities\"}\n{\"execute\":\"\(command)\"}\n", to: socket)
        var received: [UInt8] = []
        var answers = 0
        while answers < 2 {
            let bytes = try receive(from: socket)
            received += bytes
            while let end = received.firstIndex(of: UInt8(ascii: "\n")) {
                let line = String(decoding: received[..<end], as: UTF8.self)
                received.removeSubrange(...end)
                if line.starts(with: "{\"return\"") { answers += 1 }
                if line.starts(with: "{\"error\"") { throw failure(line.printable, "") }
            }
            guard received.count < 1 << 20 else { throw failure("its answer has no end", "") }
        }
    }

    private func connect() throws(BootError) -> OwnedDescriptor {
        let descriptor = Glibc.socket(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { throw failure(Errno(rawValue: errno).description, "") }
        let socket = OwnedDescriptor(adopting: descriptor)
        var patience = timeval(tv_sec: Self.patience, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let bytes = Array(path.utf8)
        guard bytes.count < MemoryLayout.size(ofValue: address.sun_path) else { throw failure("the path is too long", "set qemu.qmp") }
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
        let result = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                Glibc.connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        let error = Errno(rawValue: errno)
        guard result == 0 else {
            let remedy = error == .permissionDenied ? "start it as root" : "no guest runs here, or its qemu.qmp is another"
            throw failure(error.description, remedy)
        }
        return socket
    }

    private func send(_ text: String, to socket: borrowing OwnedDescriptor) throws(BootError) {
        do {
            try socket.descriptor.writeAll(Array(text.utf8))
        } catch {
            throw failure("\(error)", "")
        }
    }

    private func receive(from socket: borrowing OwnedDescriptor) throws(BootError) -> [UInt8] {
        var buffer = [UInt8](repeating: 0, count: 4096)
        let count: Int
        do {
            count = try buffer.withUnsafeMutableBytes { try socket.descriptor.read(into: $0) }
        } catch let error as Errno where error == .resourceTemporarilyUnavailable {
            throw failure("no answer within \(Self.patience) s", "somebody else may hold the socket")
        } catch {
            throw failure("\(error)", "")
        }
        guard count > 0 else { throw failure("QEMU has closed it", "") }
        return Array(buffer[..<count])
    }

    private func failure(_ cause: String, _ remedy: String) -> BootError {
        BootError("use QEMU's control socket", path, cause: cause, remedy: remedy.isEmpty ? nil : remedy, exit: ExitStatus.tempFail)
    }
}
