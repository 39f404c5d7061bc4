import Diagnostics
import QMP
import SystemPackage

/// `boot`'s own socket of a running QEMU.
struct ControlSocket {
    let path: String
    /// How long QEMU may take for its answers: it gives them from its main loop, which a slow disk can hold up.
    var patience = Duration.seconds(10)

    /// Where QEMU can write.
    var directory: String { path.lastIndex(of: "/").map { String(path[..<$0]) } ?? "." }

    /// Whether there is a QEMU behind it, be it busy or not.
    var isServed: Bool {
        do throws(MonitorError) {
            _ = try Monitor(connectingTo: path, patience: patience)
            return true
        } catch {
            return error != .unreachable(.noSuchFileOrDirectory) && error != .unreachable(.connectionRefused)
        }
    }

    /// Carries out several commands on one connection.
    func session(_ body: (inout Monitor) throws(MonitorError) -> Void) throws(OperationError) {
        do {
            var monitor = try Monitor(connectingTo: path, patience: patience)
            try body(&monitor)
        } catch {
            throw failure(error)
        }
    }

    /// Has one command carried out.
    /// - Throws: when nobody listens, when it is refused, and when no answer comes.
    @discardableResult
    func execute<Answer>(_ command: Command<Answer>) throws(OperationError) -> Answer {
        do {
            var monitor = try Monitor(connectingTo: path, patience: patience)
            return try monitor.execute(command, within: patience)
        } catch {
            throw failure(error)
        }
    }

    /// Has one command carried out, and waits until QEMU has ended.
    /// - Throws: as `execute`; `tempFail` when QEMU still runs after this time.
    func execute(_ command: Command<Void>, thenWaitForItsEnd time: Duration) throws(OperationError) {
        let deadline = ContinuousClock.now + time
        do {
            var monitor = try Monitor(connectingTo: path, patience: patience)
            try monitor.execute(command, within: patience)
            repeat { _ = try monitor.events(until: deadline) } while ContinuousClock.now < deadline
        } catch .closed {
            return
        } catch {
            throw failure(error)
        }
        throw failure(
            "the guest is still on after \(time.components.seconds) s", "wait longer, or end it with boot stop or boot qmp quit")
    }

    private func failure(_ error: MonitorError) -> OperationError {
        switch error {
        case .unreachable(.permissionDenied):
            failure(Errno.permissionDenied.description, "run as root", exit: ExitStatus.noPermission)
        case .unreachable(let error):
            failure(error.description, "start the guest, or pass the qemu.qmp that it was started with")
        case .failed(let error): failure(error.description)
        case .closed: failure("QEMU has closed it", "check whether the guest still runs")
        case .timedOut: failure("no answer within \(patience)", "end the program that holds this socket, and try again")
        case .refused(let command, let refusal):
            failure("QEMU refuses \(command): \(refusal.kind.printable): \(refusal.description.printable)")
        case .held(let device): failure("the guest has not let \(device.printable) go", "eject it in the guest, then try again")
        case .violation(.lineTooLong): failure("its answer does not end")
        case .violation(let error): failure("\(error)")
        case .cancelled: failure("cancelled")
        }
    }

    private func failure(_ cause: String, _ remedy: String? = nil, exit: ExitStatus = .tempFail) -> OperationError {
        OperationError("use QEMU's control socket", path, cause: cause, remedy: remedy, exit: exit)
    }
}
