import Glibc
import LinuxSupport
import QMP
import SystemPackage

/// A QEMU that is a child of this process, confined as one that this process becomes: see docs/confinement.md.
struct SupervisedQemu: ~Copyable {
    private var process: ChildProcess
    var link: MonitorLink

    /// - Parameters:
    ///   - inherited: further descriptors and QEMU's numbers for them.
    ///   - relays: what passes on QEMU's standard output and standard error.
    ///   - keys: what is typed for the guest's serial port.
    ///   - hasConsole: the serial port is QEMU's standard input and output; without it, QEMU gets our standard input.
    /// - Throws: the `Errno` of socketpair(2) or of starting it.
    static func start(
        _ invocation: QemuInvocation, inherited: [(descriptor: Int32, number: Int32)],
        relays output: inout OutputRelay, _ errors: inout OutputRelay, keys: inout GuestInput, hasConsole: Bool
    ) throws(Errno) -> SupervisedQemu {
        let monitor = try SocketPair()
        let written = try SocketPair()
        let words = try SocketPair()
        var spawn = Spawn(invocation.binary, Array(invocation.argv.dropFirst()), environment: Exec.environment)
        spawn.passed = inherited + [(monitor.far.rawValue, Supervision.monitorDescriptor)]
        spawn.fileModeMask = Exec.fileModeMask
        spawn.isRestricted = true
        // Ctrl-C is for boot, which shuts the guest down or, on a terminal, hands it to the guest as a key. A terminal that QEMU reads
        // itself stays in its foreground.
        spawn.hasOwnGroup = hasConsole || isatty(STDIN_FILENO) == 0
        let input = hasConsole ? written.far.rawValue : STDIN_FILENO
        let process = try spawn.start(input: input, output: written.far.rawValue, error: words.far.rawValue)
        if hasConsole { keys.attach(try written.near.duplicate()) }
        output.attach(written.closeFar())
        errors.attach(words.closeFar())
        return SupervisedQemu(process: process, link: MonitorLink(monitor.closeFar()))
    }

    private init(process: consuming ChildProcess, link: consuming MonitorLink) {
        self.process = process
        self.link = link
    }

    var identifier: Int32 { process.identifier }

    func send(_ signal: Int32) { process.send(signal) }

    /// How it ended; nil while it runs.
    mutating func end() -> WaitStatus? { process.wait(until: .now) }
}
