import Diagnostics
import LinuxSupport
import SystemPackage

/// A running QEMU's control socket: QEMU Machine Protocol, docs/interop/qmp-spec.
struct ControlSocket {
    let path: String
    /// How long QEMU may take for its answers: it gives them from its main loop, which a slow disk can hold up.
    var patience = Duration.seconds(10)

    /// Bytes: what QEMU answers here are lines of some hundred.
    private static let lineLimit = 1 << 16

    /// Has one command carried out that takes no arguments.
    /// - Throws: when nobody listens, when it is refused, and when no answer comes.
    func execute(_ command: String) throws(OperationError) {
        let deadline = ContinuousClock.now + patience
        let socket = try connect()
        do {
            // The greeting comes by itself; commands are only taken after the capabilities were.
            try socket.send("{\"execute\":\"qmp_capabilities\"}\n{\"execute\":\"\(command)\"}\n")
        } catch {
            throw failure(error)
        }
        var received: [UInt8] = []
        var answers = 0
        while answers < 2 {
            received += try receive(from: socket)
            while let end = received.firstIndex(of: UInt8(ascii: "\n")) {
                let line = String(decoding: received[..<end], as: UTF8.self)
                received.removeSubrange(...end)
                if line.starts(with: "{\"return\"") { answers += 1 }
                if line.starts(with: "{\"error\"") { throw failure("QEMU refuses \(command): \(line.printable)") }
            }
            guard received.count < Self.lineLimit else { throw failure("its answer has no end") }
            // Events come by themselves, as many as QEMU likes.
            guard answers == 2 || ContinuousClock.now < deadline else { throw failure(.resourceTemporarilyUnavailable) }
        }
    }

    private func connect() throws(OperationError) -> LocalSocket {
        do {
            return try LocalSocket(connectingTo: path, patience: patience)
        } catch .permissionDenied {
            throw failure(Errno.permissionDenied.description, "start it as root", exit: ExitStatus.noPermission)
        } catch .resourceTemporarilyUnavailable {
            throw failure(.resourceTemporarilyUnavailable)
        } catch {
            throw failure(error.description, "no guest runs here, or its qemu.qmp is another")
        }
    }

    private func receive(from socket: borrowing LocalSocket) throws(OperationError) -> [UInt8] {
        let bytes: [UInt8]
        do {
            bytes = try socket.receive()
        } catch {
            throw failure(error)
        }
        guard !bytes.isEmpty else { throw failure("QEMU has closed it", "the guest has ended, or is about to") }
        return bytes
    }

    private func failure(_ error: Errno) -> OperationError {
        if error == .resourceTemporarilyUnavailable { return failure("no answer within \(patience)", "somebody else may hold the socket") }
        return failure(error.description)
    }

    private func failure(_ cause: String, _ remedy: String? = nil, exit: ExitStatus = .tempFail) -> OperationError {
        OperationError("use QEMU's control socket", path, cause: cause, remedy: remedy, exit: exit)
    }
}
