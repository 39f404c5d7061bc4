import Diagnostics
import FoundationEssentials
import Glibc
import LinuxSupport
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
        var pending = Data()
        process.send(QemuAnswers.questions.joined(separator: "\n") + "\n")
        while !answers.isComplete {
            switch process.receive(before: end) {
            case .bytes(let bytes):
                pending.append(contentsOf: bytes)
                // A line is up to 300 KB long and comes in pieces of a socket's size.
                var start = pending.startIndex
                while let length = pending[start...].offset(of: "\n") {
                    answers.take(Data(pending[start..<(start + length)]))
                    start += length + 1
                }
                pending = Data(pending[start...])
                if pending.count > 16 << 20 { throw failure("it sent 16 MiB without an end of line", process.stop()) }
            case .deadline: throw failure("no answer within \(deadline.components.seconds) s", process.stop())
            case .end: throw endFailure(process.stop(patience: .seconds(2)))
            }
        }
        _ = process.stop()
        let facts = answers.facts(path: path)
        // Whatever else a build lacks is the plan's to judge.
        guard !facts.version.isEmpty, !facts.machines.isEmpty else { throw failure(answers.refusal ?? "its answers make no sense", nil) }
        return facts
    }

    /// In an image, QEMU is started by the image's own program loader, with the image's own libraries and plug-ins.
    private func start() throws(Errno) -> QemuProcess {
        if root.isLive { return try QemuProcess(path: path, arguments: Self.arguments) }
        let libraries = root.resolve("/usr/lib/x86_64-linux-gnu").string
        return try QemuProcess(
            path: root.resolve("/usr/lib64/ld-linux-x86-64.so.2").string,
            arguments: ["--library-path", libraries, root.resolve(path).string] + Self.arguments,
            environment: ["QEMU_MODULE_DIR=" + libraries + "/qemu"])
    }

    private func startFailure(_ error: Errno) -> OperationError {
        switch error {
        case Errno(rawValue: ENOEXEC): failure("it is no program for this CPU", nil, "Install QEMU for x86_64.")
        case .noSuchFileOrDirectory:
            failure("its program loader (ld.so) is missing", nil, "Install QEMU with its libraries, or link it statically.")
        default: failure(error.description, nil)
        }
    }

    private func endFailure(_ end: QemuProcess.End) -> OperationError {
        let said = end.errors.lines.last.map { ": " + $0.blanksTrimmed.printable } ?? ""
        switch end.cause {
        case .exited(127) where end.errors.holds("shared librar"), .exited(127) where end.errors.holds("rror relocating"):
            return failure("a library is missing" + said, nil, "Install the packages that it needs: ldd \(path)")
        case .exited(let code): return failure("it exited with \(code)" + said, nil)
        case .signalled(let signal): return failure("it crashed with signal \(signal)" + said, nil)
        }
    }

    private func failure(_ cause: String, _ end: QemuProcess.End?, _ remedy: String? = nil) -> OperationError {
        let said = end?.errors.lines.last.map { ": " + $0.blanksTrimmed.printable } ?? ""
        return OperationError(
            "ask QEMU", path, cause: cause + said, remedy: remedy ?? "Run it by hand: \(path) -version", exit: ExitStatus.osFile)
    }
}
