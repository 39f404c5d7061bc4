package import Diagnostics
import Glibc
import HostSupport
import Lifecycle
import QMP
package import SystemPackage

/// Runs QEMU to its end, and turns the signals that reach this process into an orderly shutdown.
///
/// What follows a signal, SIGINT (Ctrl-C), SIGTERM or SIGHUP (closed terminal), and how long each stage of a stop takes, `Lifecycle` decides:
/// the first one presses the VM's power button, the second one ends QEMU by its own command. QEMU is never started again.
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
        /// The time of an `arm` action has passed; the last one counts.
        case deadline(Int)
        case ended(Int32)
        /// All output was shown; with the exit code of a `boot` that failed.
        case drained(Int32?)
    }

    let program: FilePath
    let arguments: [String]
    let control: FilePath
    private static let policy = LifecyclePolicy(afterPowerOff: .exit, afterCrash: .exit)
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
        var life = Lifecycle(policy: Self.policy)
        var (status, isReady, isDrained, timer): (Int32?, Bool, Bool, Int) = (nil, false, false, 0)
        var failure: Int32?
        let began = ContinuousClock.now
        func handle(_ event: LifecycleEvent) async {
            for action in life.handle(event) {
                switch action {
                // The child is started before anything can happen to it.
                case .launch: break
                case .pressPowerButton: if await !order(.powerdown) { await handle(.connectionLost("no answer")) }
                case .resume: _ = await order(.cont)
                case .quit: _ = await order(.quit)
                case .terminate: child.send(SIGTERM)
                case .kill: child.send(SIGKILL)
                case .arm(let time):
                    timer += 1
                    let number = timer
                    after(time) { continuation.yield(.deadline(number)) }
                case .disarm: timer += 1
                case .report(let report): if let text = Self.words(report) { say(text) }
                case .finish: break
                }
            }
        }
        await handle(.start)
        for await event in events {
            switch event {
            case .ready:
                isReady = true
                // Comes before the VM's own output.
                started(child.identifier)
                SerialRelay(child: child).start { continuation.yield(.drained($0)) }
                await handle(.ready)
            // QEMU has ended, and its last output is stuck: do not wait for it.
            case .signal where status != nil: isDrained = true
            case .signal: await handle(.signal)
            case .deadline(let number): if number == timer { await handle(.deadline) }
            case .ended(let code):
                status = code
                await handle(.ended(code < 128 ? .exited(code) : .signalled(code - 128), after: .now - began))
                if Self.isForced(life.phase) { after(Self.lastWords) { continuation.yield(.drained(nil)) } }
            case .drained(let code): (isDrained, failure) = (true, code)
            }
            // Only after QEMU's last output is shown.
            guard let status, isDrained || !isReady else { continue }
            if Self.isForced(life.phase) { return .forced }
            return failure.flatMap { status == 0 ? .bootFailed($0) : nil } ?? .ended(status)
        }
        return .forced
    }

    /// Whether the VM was on when QEMU was made to end.
    private static func isForced(_ phase: LifecyclePhase) -> Bool {
        switch phase {
        case .over(.quit), .over(.terminated), .over(.killed): true
        default: false
        }
    }

    /// For a user at a terminal; nil for what he sees anyway.
    private static func words(_ report: LifecycleReport) -> String? {
        switch report {
        case .pressed: "pressing the VM's power button; interrupt again to end it at once"
        case .pressedAgain: "the VM did not shut down in time: pressing its power button again"
        case .quitting: "ending QEMU, its disks written"
        case .terminating, .killing, .connectionLost: report.description
        default: nil
        }
    }

    /// Whether QEMU answers a command. Only then has it accepted its arguments, opened its disks and installed its signal handlers;
    /// its greeting comes earlier.
    private func answers() async -> Bool {
        (try? await MonitorConnection.connect(to: control, within: Self.answerTime)) != nil
    }

    /// Whether QEMU accepted the command.
    private func order(_ command: Command<Void>) async -> Bool {
        do {
            try await MonitorConnection.connect(to: control, within: Self.answerTime).execute(command, within: Self.answerTime)
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
