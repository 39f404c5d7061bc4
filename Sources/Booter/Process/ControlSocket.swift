import Diagnostics
import QMP
import SystemPackage

/// `boot`'s own socket of a running QEMU.
struct ControlSocket {
    let path: String
    /// How long QEMU may take for its answers: it gives them from its main loop, which a slow disk can hold up.
    var patience = Duration.seconds(10)

    /// Has one command carried out.
    /// - Throws: when nobody listens, when it is refused, and when no answer comes.
    func execute(_ command: Command<Void>) throws(OperationError) {
        do {
            var monitor = try Monitor(connectingTo: path, patience: patience)
            try monitor.execute(command, within: patience)
        } catch {
            throw failure(error)
        }
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
        case .violation(.lineTooLong): failure("its answer does not end")
        case .violation(let error): failure("\(error)")
        case .cancelled: failure("cancelled")
        }
    }

    private func failure(_ cause: String, _ remedy: String? = nil, exit: ExitStatus = .tempFail) -> OperationError {
        OperationError("use QEMU's control socket", path, cause: cause, remedy: remedy, exit: exit)
    }
}
