package import Diagnostics
import Glibc
import HostSupport
import Lifecycle
import QMP
package import SystemPackage

/// Carries an installation out: `Installation` decides, and QEMU, the mailbox, the keys and the screens are here.
package struct InstallRunner: Sendable {
    /// What the installation needs beside QEMU.
    package struct Work: Sendable {
        /// QEMU's arguments.
        package var commandLine: @Sendable (InstallationPart) throws(OperationError) -> [String]
        /// Makes what the recovery reads: a fresh mailbox.
        package var prepare: @Sendable (InstallationPart) async throws(OperationError) -> MailboxFile?
        /// Remembers that a step is done.
        package var complete: @Sendable (InstallationStep) throws(OperationError) -> Void
        /// Remembers that macOS did not power off.
        package var force: @Sendable () -> Void
        package var verify: @Sendable () async throws(OperationError) -> Void
        package var publish: @Sendable () async throws(OperationError) -> Void

        package init(
            commandLine: @escaping @Sendable (InstallationPart) throws(OperationError) -> [String],
            prepare: @escaping @Sendable (InstallationPart) async throws(OperationError) -> MailboxFile?,
            complete: @escaping @Sendable (InstallationStep) throws(OperationError) -> Void, force: @escaping @Sendable () -> Void,
            verify: @escaping @Sendable () async throws(OperationError) -> Void,
            publish: @escaping @Sendable () async throws(OperationError) -> Void
        ) {
            (self.commandLine, self.prepare, self.complete, self.force) = (commandLine, prepare, complete, force)
            (self.verify, self.publish) = (verify, publish)
        }
    }

    package var installation: Installation
    package var ways: [KeyTable.Way]
    package var program: FilePath
    package var control: FilePath
    package var log: FilePath
    package var transcript: Transcript
    package var progress: InstallProgress
    /// What the pauses between keys are multiplied by.
    package var slowness: Double
    package var work: Work

    package init(
        _ installation: Installation, ways: [KeyTable.Way], program: FilePath, control: FilePath, log: FilePath, transcript: Transcript,
        progress: InstallProgress, slowness: Double, work: Work
    ) {
        (self.installation, self.ways, self.program) = (installation, ways, program)
        (self.control, self.log, self.transcript) = (control, log, transcript)
        (self.progress, self.slowness, self.work) = (progress, slowness, work)
    }

    /// How often the mailbox is read.
    private static let pollTime = Duration.milliseconds(250)

    private enum Signal: Sendable {
        case event(InstallationEvent)
        /// The time of an `arm` has passed; the last one counts.
        case deadline(Int)
    }

    /// Runs the installation to its end.
    /// - Throws: the failure; `interrupted`.
    package func run(after step: InstallationStep) async throws(OperationError) {
        if Task.isCancelled { throw Interruption.failure }
        // Whoever reads our output may close it before the end.
        signal(SIGPIPE, SIG_IGN)
        // An unstructured task: the first Ctrl-C cancels the surrounding one, but waiting for QEMU's end goes on.
        let (outcome, failure) = await Task { await follow(step) }.value
        progress.finish()
        switch outcome {
        case .done: return
        case .interrupted: throw Interruption.failure
        case .failed(let cause):
            // With its own exit code and remedy.
            if let failure { throw failure }
            throw OperationError("install macOS", "", cause: cause.cause + tail(of: cause), remedy: cause.remedy, exit: cause.exit)
        }
    }

    /// What QEMU said, for a failure of its own.
    private func tail(of failure: InstallationFailure) -> String {
        switch failure {
        case .notStarted, .qemuEnded: break
        default: return ""
        }
        guard let said = InputFile.contents(log) else { return "" }
        let lines = String(decoding: said, as: UTF8.self).split(separator: "\n").suffix(4)
        return lines.isEmpty ? "" : "\n    " + lines.map(\.printable).joined(separator: "\n    ")
    }

    private func follow(_ step: InstallationStep) async -> (InstallationOutcome, OperationError?) {
        let (signals, continuation) = AsyncStream.makeStream(of: Signal.self)
        let watch = SignalWatch(Interruption.signals) { _ in continuation.yield(.event(.signal)) }
        let result = await follow(signals, continuation, step)
        _ = consume watch
        return result
    }

    private func follow(
        _ signals: AsyncStream<Signal>, _ continuation: AsyncStream<Signal>.Continuation, _ step: InstallationStep
    ) async -> (InstallationOutcome, OperationError?) {
        var course = Course(self) {
            continuation.yield(.event($0))
        } expire: {
            continuation.yield(.deadline($0))
        }
        continuation.yield(.event(.start(after: step)))
        for await signal in signals {
            let event: InstallationEvent
            switch signal {
            case .event(let happened): event = happened
            case .deadline(let number):
                guard number == course.timer else { continue }
                event = .deadline
            }
            if let outcome = await course.handle(event) {
                await course.end()
                return (outcome, course.failure)
            }
        }
        return (.interrupted, nil)
    }

    /// One run, with what it has open.
    private struct Course {
        private let runner: InstallRunner
        private let tell: @Sendable (InstallationEvent) -> Void
        private let expire: @Sendable (Int) -> Void
        private var installation: Installation
        /// The number of the last `arm`.
        private(set) var timer = 0
        /// Of `verify` or `publish`.
        private(set) var failure: OperationError?
        private var session: QemuSession?
        private var mailbox: MailboxFile?
        private var polling: Task<Void, Never>?
        private var keys: Task<Void, Never>?
        private var background: Task<OperationError?, Never>?
        /// Bytes that the guest had written at the last look.
        private var written = 0

        init(_ runner: InstallRunner, tell: @escaping @Sendable (InstallationEvent) -> Void, expire: @escaping @Sendable (Int) -> Void) {
            (self.runner, self.tell, self.expire, installation) = (runner, tell, expire, runner.installation)
        }

        /// - Returns: the outcome, when it is over.
        mutating func handle(_ event: InstallationEvent) async -> InstallationOutcome? {
            runner.transcript.record(event)
            if case .verified = event { failure = await background?.value }
            if case .published = event { failure = await background?.value }
            if case .ended = event { await ended() }
            for action in installation.handle(event) {
                runner.transcript.record(action)
                if case .finish(let outcome) = action { return outcome }
                await carryOut(action)
            }
            return nil
        }

        mutating func end() async {
            keys?.cancel()
            await ended()
        }

        private mutating func ended() async {
            polling?.cancel()
            (session, mailbox, polling) = (nil, nil, nil)
        }

        private mutating func carryOut(_ action: InstallationAction) async {
            switch action {
            case .launch(let part): await launch(part)
            case .press(let attempt): await press(attempt)
            case .stopKeys: keys?.cancel()
            case .pressPowerButton: await order(.powerdown, "system_powerdown")
            case .confirm: if let session { await presser(session).press(["ret"]) }
            case .quit: await order(.quit, "quit")
            case .terminate: session?.send(SIGTERM)
            case .kill: session?.send(SIGKILL)
            case .arm(let seconds):
                timer += 1
                let (number, expire) = (timer, expire)
                Task {
                    try await Task.sleep(for: .seconds(seconds))
                    expire(number)
                }
            case .disarm: timer += 1
            case .measure: await measure()
            case .capture(let name):
                guard let session else { return }
                if await session.execute(.screendump(to: runner.transcript.picture(name).string)) == nil {
                    runner.transcript.note("refused", "screendump")
                }
            case .complete(let step):
                do throws(OperationError) {
                    try runner.work.complete(step)
                } catch {
                    // What is done is done: only --resume would begin earlier.
                    runner.progress.say("note: \(error)")
                }
            case .verify: start(runner.work.verify) { .verified(objection: $0) }
            case .publish: start(runner.work.publish) { .published(objection: $0) }
            case .cancelWork: background?.cancel()
            case .report(let report):
                if report == .forced { runner.work.force() }
                runner.progress.show(report)
            case .finish: break
            }
        }

        private mutating func start(
            _ work: @escaping @Sendable () async throws(OperationError) -> Void, _ event: @escaping @Sendable (String?) -> InstallationEvent
        ) {
            let tell = tell
            background = Task {
                do throws(OperationError) {
                    try await work()
                    tell(event(nil))
                    return nil
                } catch {
                    tell(event(error.headline))
                    return error
                }
            }
        }

        private mutating func launch(_ part: InstallationPart) async {
            written = 0
            let arguments: [String]
            do throws(OperationError) {
                mailbox = try await runner.work.prepare(part)
                arguments = try runner.work.commandLine(part)
            } catch {
                failure = error
                return tell(.startFailed(error.headline))
            }
            runner.transcript.note("qemu", ([runner.program.string] + arguments).joined(separator: " "))
            let (mailbox, tell, transcript) = (mailbox, tell, runner.transcript)
            let read: @Sendable () -> Void = {
                mailbox?.poll { message in
                    if let known = ScriptMessage(message.text) { tell(.mailbox(known)) } else { transcript.note("mailbox", message.text) }
                }
            }
            do throws(Errno) {
                session = try await QemuSession.start(
                    runner.program, arguments, control: runner.control, log: runner.log
                ) { message in
                    switch message {
                    case .ready:
                        tell(.ready)
                        mailbox?.open()
                    case .connectionLost: tell(.connectionLost("it was closed"))
                    case .ended(let end): tell(.ended(end))
                    case .event(let event):
                        transcript.note("event", "\(event.kind)")
                        guard let known = InstallationEvent(event.kind) else { return }
                        // What the script wrote before the restart comes before it.
                        read()
                        tell(known)
                    }
                }
            } catch {
                return tell(.startFailed(error.description))
            }
            guard mailbox != nil else { return }
            polling = Task {
                while !Task.isCancelled {
                    try? await Task.sleep(for: InstallRunner.pollTime)
                    read()
                }
            }
        }

        private func presser(_ session: QemuSession) -> KeyPresser {
            KeyPresser(session: session, transcript: runner.transcript, slowness: runner.slowness)
        }

        private mutating func press(_ attempt: Int) async {
            keys?.cancel()
            guard let session, !runner.ways.isEmpty else { return }
            let (presser, way) = (presser(session), runner.ways[attempt % runner.ways.count])
            keys = Task { await presser.press(way) }
        }

        private func order(_ command: Command<Void>, _ name: String) async {
            if await session?.execute(command) == nil { runner.transcript.note("refused", name) }
        }

        private mutating func measure() async {
            guard let disks = await session?.execute(.queryBlockStatistics) else { return }
            let now = disks.first { $0.name == "system-drive" }?.bytesWritten ?? 0
            tell(.written(max(0, now - written)))
            written = now
        }
    }
}

extension InstallationEvent {
    /// nil for an event that decides nothing here.
    fileprivate init?(_ kind: Event.Kind) {
        switch kind {
        case .shutdown(let guest, let reason): self = .shutdown(byGuest: guest, reason: reason)
        case .reset(let guest, _): self = .reset(byGuest: guest)
        case .guestPanicked: self = .panicked
        // The guest gets every other error itself.
        case .blockIOError(let error) where error.action == "stop": self = .diskError(noSpace: error.noSpace, reason: error.reason)
        case .blockIOError, .stop, .resume, .powerdown, .deviceDeleted, .unknown: return nil
        }
    }
}
