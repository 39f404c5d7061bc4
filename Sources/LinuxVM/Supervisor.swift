package import Diagnostics
import Glibc
import HostSupport
import QMP
package import SystemPackage

/// Runs QEMU to its end, and turns the signals that reach this process into an orderly shutdown.
///
/// The first SIGINT (Ctrl-C), SIGTERM or SIGHUP (closed terminal) presses the VM's power button. The second one ends QEMU at once;
/// so does a guest that is still on after `grace`.
package struct Supervisor: Sendable {
    package enum Outcome: Equatable, Sendable {
        /// QEMU ended by itself, with this status.
        case ended(Int32)
        /// The VM powered itself off because `boot` failed in it, with this exit code.
        case bootFailed(Int32)
        /// QEMU was ended while the guest was still running.
        case forced
    }

    private enum Event {
        /// QEMU accepted its arguments and runs.
        case ready
        case signal
        case graceOver
        case ended(Int32)
        /// All output was shown; with the exit code of a `boot` that failed.
        case drained(Int32?)
    }

    let program: FilePath
    let arguments: [String]
    let control: FilePath
    /// How long the guest may take to shut down.
    package static let grace = Duration.seconds(120)
    /// How long QEMU has to flush its disks and end after SIGTERM, before SIGKILL.
    private static let patience = Duration.seconds(10)
    /// How long QEMU may take to answer on its control socket.
    private static let answerTime = Duration.seconds(3)
    /// How long to wait for QEMU's last console output after a forced end.
    private static let lastWords = Duration.seconds(1)

    package init(program: FilePath, arguments: [String], control: FilePath) {
        (self.program, self.arguments, self.control) = (program, arguments, control)
    }

    /// - Parameters:
    ///   - started: called once with QEMU's process number.
    ///   - say: shows a message to the user.
    /// - Throws: `software` when QEMU cannot be started; `interrupted` when the task is already cancelled.
    package func run(
        started: @escaping @Sendable (Int32) -> Void, say: @escaping @Sendable (String) -> Void
    ) async throws(OperationError) -> Outcome {
        if Task.isCancelled { throw OperationError("", "", cause: "interrupted", exit: .interrupted) }
        let result = await Task { () -> Result<Outcome, Errno> in
            // An unstructured task: the first Ctrl-C cancels the surrounding task, but waiting for QEMU's end must go on.
            do throws(Errno) {
                return .success(try await supervise(started, say))
            } catch {
                return .failure(error)
            }
        }.value
        switch result {
        case .success(let outcome): return outcome
        case .failure(let error): throw OperationError("start", program.string, cause: error.description, exit: .software)
        }
    }

    private func supervise(
        _ started: @Sendable (pid_t) -> Void, _ say: @escaping @Sendable (String) -> Void
    ) async throws(Errno) -> Outcome {
        // Whoever reads our output may close it before the VM ends.
        signal(SIGPIPE, SIG_IGN)
        let (events, continuation) = AsyncStream.makeStream(of: Event.self)
        let watch = SignalWatch(Interruption.signals) { _ in continuation.yield(.signal) }
        let child = try await Child.start(program, arguments) { status in
            continuation.yield(.ended(status))
        }
        let terminal = RawTerminal()
        let greeting = Task {
            while await !answers() { try await Task.sleep(for: .milliseconds(20)) }
            continuation.yield(.ready)
        }
        let outcome = await follow(events, child, continuation, started, say)
        greeting.cancel()
        _ = consume terminal
        _ = consume watch
        return outcome
    }

    private func follow(
        _ events: AsyncStream<Event>, _ child: Child, _ continuation: AsyncStream<Event>.Continuation,
        _ started: @Sendable (pid_t) -> Void, _ say: @Sendable (String) -> Void
    ) async -> Outcome {
        var (status, isReady, isDrained, signals, isForced): (Int32?, Bool, Bool, Int, Bool) = (nil, false, false, 0, false)
        var failure: Int32?
        func force() {
            isForced = true
            child.send(SIGTERM)
            after(Self.patience) { child.send(SIGKILL) }
        }
        for await event in events {
            switch event {
            case .ready:
                isReady = true
                // Comes before the VM's own output.
                started(child.identifier)
                SerialRelay(child: child).start { continuation.yield(.drained($0)) }
            // QEMU has ended, and its last output is stuck: do not wait for it.
            case .signal where status != nil: isDrained = true
            case .signal where signals == 0:
                signals = 1
                say("pressing the VM's power button; interrupt again to end it at once")
                if await !pressPowerButton() { force() }
                after(Self.grace) { continuation.yield(.graceOver) }
            case .signal, .graceOver:
                guard !isForced, status == nil else { break }
                if case .graceOver = event { say("the guest did not shut down in time: ending QEMU") }
                force()
            case .ended(let code):
                status = code
                if isForced { after(Self.lastWords) { continuation.yield(.drained(nil)) } }
            case .drained(let code): (isDrained, failure) = (true, code)
            }
            // Only after QEMU's last output is shown.
            guard let status, isDrained || !isReady else { continue }
            if isForced { return .forced }
            return failure.flatMap { status == 0 ? .bootFailed($0) : nil } ?? .ended(status)
        }
        return .forced
    }

    /// Whether QEMU answers a command. Only then has it accepted its arguments, opened its disks and installed its signal handlers;
    /// its greeting comes earlier.
    private func answers() async -> Bool {
        (try? await MonitorConnection.connect(to: control, within: Self.answerTime)) != nil
    }

    /// Whether QEMU accepted the command.
    private func pressPowerButton() async -> Bool {
        do {
            try await MonitorConnection.connect(to: control, within: Self.answerTime).execute(.powerdown, within: Self.answerTime)
            return true
        } catch {
            return false
        }
    }

    private func after(_ time: Duration, _ action: @escaping @Sendable () -> Void) {
        Task {
            try await Task.sleep(for: time)
            action()
        }
    }
}
