import Diagnostics
import Glibc
import LinuxSupport
import QMP
import SystemPackage

/// Asks a QEMU binary over QMP what it was built with.
struct QemuQuery {
    let path: String
    /// The devices that the answer has to tell about.
    let devices: Set<String>
    /// The root directory that `path` is in: an image's, whose libraries are not this machine's.
    var root = FileRoot.live

    /// No machine and no devices: it only answers. TCG first, because it needs no /dev/kvm; RHEL builds without it.
    static let arguments = ["-machine", "none,accel=tcg:kvm", "-nodefaults", "-no-user-config", "-display", "none", "-S", "-qmp", "stdio"]

    /// Starts it once, and ends it when it has answered.
    ///
    /// - Throws: with the stage that failed: starting it, its libraries, a crash, the deadline.
    func ask(within deadline: Duration) throws(OperationError) -> QemuFacts {
        var process: QemuProcess
        do {
            process = try start()
        } catch {
            throw startFailure(error)
        }
        let end = ContinuousClock.now + deadline
        var answers = QemuAnswers(asked: devices)
        process.send(answers.questions)
        while !answers.isComplete {
            switch process.receive(before: end) {
            case .bytes(let bytes):
                do {
                    try answers.take(bytes)
                } catch {
                    throw failure(error.description, process.stop())
                }
            case .deadline: throw failure("no answer within \(deadline.components.seconds) s", process.stop())
            case .end: throw endFailure(process.stop(patience: .seconds(2)))
            }
        }
        _ = process.stop()
        let facts = answers.facts(path: path)
        // Whatever else a build lacks, the plan decides.
        guard !facts.version.isEmpty, !facts.machines.isEmpty else {
            throw failure(answers.refusal?.printable ?? "its answers name no version or no machines", nil)
        }
        return facts
    }

    /// In an image, QEMU is started by the image's own program loader, with the image's own libraries and plug-ins; and as whoever
    /// builds the image, in a directory that nobody else can enter.
    ///
    /// Plug-ins that the image lacks are looked for in the directory that QEMU was built with: on this machine, they belong to another
    /// build of QEMU, and 10.0 and newer crash on them (dso_init_list in util/module.c).
    private func start() throws(Errno) -> QemuProcess {
        if root.isLive { return try QemuProcess(path: path, arguments: Self.arguments, isNobody: true) }
        let directory = "/usr/lib/x86_64-linux-gnu"
        let libraries = root.resolve(directory).string
        return try QemuProcess(
            path: root.resolve("/usr/lib64/ld-linux-x86-64.so.2").string,
            arguments: ["--library-path", libraries, root.resolve(path).string] + Self.arguments,
            environment: ["QEMU_MODULE_DIR=" + libraries + "/qemu"], isNobody: false, hiding: directory + "/qemu")
    }

    private func startFailure(_ error: Errno) -> OperationError {
        switch error {
        case Errno(rawValue: ENOEXEC): failure("it is not a program for this CPU", nil, "install QEMU for x86_64")
        case .noSuchFileOrDirectory:
            failure("its program loader (ld.so) is missing", nil, "install QEMU with its libraries, or link it statically")
        case .permissionDenied:
            failure("user nobody may not execute it", nil, "let every user read and execute the program and enter its directories")
        default: failure(error.description, nil)
        }
    }

    private func endFailure(_ end: QemuProcess.End) -> OperationError {
        let said = end.errors.lines.last.map { ": " + $0.blanksTrimmed.printable } ?? ""
        switch end.status {
        case .exited(127) where end.errors.holds("shared librar"), .exited(127) where end.errors.holds("rror relocating"):
            return failure("a library is missing" + said, nil, "install the packages that it needs: ldd \(path)")
        case .exited(let code): return failure("it exited with \(code)" + said, nil)
        case .signalled(let signal): return failure("it crashed with signal \(signal)" + said, nil)
        }
    }

    private func failure(_ cause: String, _ end: QemuProcess.End?, _ remedy: String? = nil) -> OperationError {
        let said = end?.errors.lines.last.map { ": " + $0.blanksTrimmed.printable } ?? ""
        return OperationError(
            "ask QEMU", path, cause: cause + said, remedy: remedy ?? "run it by hand: \(path) -version", exit: ExitStatus.osFile)
    }
}
