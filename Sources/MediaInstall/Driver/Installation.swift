import Lifecycle

/// An installation as a state machine: events in, actions out, no clock and no effect.
///
/// Equal values answer equal events with equal actions, so that a transcript can be played again. There is one deadline at a time, and
/// whatever happens, the sum of the deadlines is limited: see `InstallationPolicy`. docs/mkimage.md has the states.
package struct Installation: Equatable, Sendable {
    /// What is known before the start.
    package struct Subject: Codable, Equatable, Sendable {
        /// Whether the guest powers itself off when it is ready.
        package var isProvisioned: Bool
        /// Of the recovery, by the installer's manifest; nil when that is not known.
        package var build: String?

        package init(isProvisioned: Bool = false, build: String? = nil) { (self.isProvisioned, self.build) = (isProvisioned, build) }
    }

    package let policy: InstallationPolicy
    package let subject: Subject
    package private(set) var phase = InstallationPhase.new
    /// What is being done, as people see it.
    package private(set) var stage = InstallationStage.recovery
    private var part = InstallationPart.recovery
    /// Whether commands reach QEMU.
    private var isConnected = false
    private var lostReason: String?
    private var isInterrupted = false
    /// Starts of the recovery.
    private var recoveryStarts = 0
    /// Messages of the script, and those since the last change of the percentage.
    private var messages = 0
    private var unchanged = 0
    /// Restarts of the guest, the first one included.
    private var restarts = 0
    /// Whether the necessary restarts were seen by an earlier attempt: this one may find a macOS that is ready and does nothing more.
    private var isResumedLate = false
    /// Looks at the disk since the last restart, and those in a row that found it quiet.
    private var looks = 0
    private var quietLooks = 0

    package init(_ subject: Subject, policy: InstallationPolicy = InstallationPolicy()) {
        (self.subject, self.policy) = (subject, policy)
    }

    package mutating func handle(_ event: InstallationEvent) -> [InstallationAction] {
        switch (event, phase) {
        // Nothing follows the end, and nothing precedes the start.
        case (_, .over): return []
        case (.start(let step), .new): return begin(after: step)
        case (.signal, .new): return finish(.interrupted)
        case (_, .new): return []

        case (.ready, .starting): return running()
        case (.startFailed(let reason), .starting): return finish(.failed(.notStarted(reason)))
        case (.ended(let end), _): return ended(end)
        case (.signal, _): return interrupt()
        case (.deadline, _): return deadline()
        case (.mailbox(let message), _): return heard(message)
        case (.shutdown(let byGuest, let reason), _): return shutDown(byGuest: byGuest, reason)
        case (.reset(let byGuest), .installing): return byGuest ? restarted() : []
        case (.panicked, _): return isRunning ? fail(.panic) : []
        case (.diskError(let noSpace, let reason), _): return hasQEMU ? fail(noSpace ? .noSpace : .disk(reason)) : []
        case (.written(let bytes), .installing): return written(bytes)
        case (.connectionLost(let reason), _): return lost(reason)
        case (.verified(let objection), .verifying):
            if isInterrupted { return finish(.interrupted) }
            if let objection { return finish(.failed(.verification(objection))) }
            return [.complete(.verified)] + publish()
        case (.published(let objection), .publishing):
            guard let objection else { return finish(.done) }
            return finish(isInterrupted ? .interrupted : .failed(.publication(objection)))
        case (.ready, _), (.start, _), (.startFailed, _), (.reset, _), (.written, _), (.verified, _), (.published, _): return []
        }
    }

    /// Whether the guest runs and nothing was done to end it.
    private var isRunning: Bool {
        switch phase {
        case .booting, .opening, .scripting, .restarting, .installing: true
        case .new, .starting, .ending, .verifying, .publishing, .over: false
        }
    }

    private var hasQEMU: Bool {
        switch phase {
        case .starting: true
        case .ending(.failure, _), .ending(.interrupted, _): false
        case .ending: true
        default: isRunning
        }
    }

    // MARK: - Starting

    private mutating func begin(after step: InstallationStep) -> [InstallationAction] {
        switch step {
        case .nothing: return launch(.recovery)
        case .prepared: return launch(.system)
        case .restarted:
            (isResumedLate, restarts) = (true, policy[.leastRestarts] - 1)
            return launch(.system)
        case .installed: return verify()
        case .verified: return publish()
        }
    }

    private mutating func launch(_ part: InstallationPart) -> [InstallationAction] {
        (self.part, phase, isConnected, lostReason) = (part, .starting(part), false, nil)
        if part == .recovery { recoveryStarts += 1 } else { restarts += 1 }
        return enter(part == .recovery ? .recovery : .install) + [.launch(part), .arm(seconds: policy[.answer])]
    }

    private mutating func running() -> [InstallationAction] {
        isConnected = true
        guard part == .recovery else {
            (phase, looks, quietLooks) = (.installing, 0, 0)
            return [.arm(seconds: policy[.look])]
        }
        phase = .booting
        return [.arm(seconds: policy[.recovery])]
    }

    private mutating func enter(_ stage: InstallationStage) -> [InstallationAction] {
        defer { self.stage = stage }
        return stage == self.stage && phase != .starting(.recovery) ? [] : [.report(.stage(stage))]
    }

    private mutating func press(_ attempt: Int) -> [InstallationAction] {
        let limit = max(policy[.attempts], 1)
        guard attempt < limit else { return fail(.noAnswer(attempts: limit)) }
        phase = .opening(attempt: attempt)
        return enter(.terminal) + [
            .capture("attempt-\(attempt + 1)"), .report(.attempt(attempt + 1, of: limit)), .press(attempt: attempt),
            .arm(seconds: policy[.attempt]),
        ]
    }

    // MARK: - The script

    private mutating func heard(_ message: ScriptMessage) -> [InstallationAction] {
        if case .scripting(let stage) = phase {
            messages += 1
            if messages > policy[.messages] {
                if case .preparing(let percent) = stage { return fail(.stuck(percent: percent)) }
                return fail(.stuck(percent: 0))
            }
        }
        switch (message, phase) {
        // The first word may be lost with its block.
        case (_, .booting), (_, .opening):
            phase = .scripting(.looking)
            messages = 0
            let begun = [.stopKeys] + enter(.disk) + [.capture("script")]
            return begun + heard(message)
        case (.hello(_, let build), .scripting(.looking)):
            if let expected = subject.build, expected != build { return fail(.otherBuild(found: build, expected: expected)) }
            return [.report(.line("macOS \(build)")), .arm(seconds: policy[.script])]
        case (.failed(let fault, let text), .scripting), (.failed(let fault, let text), .restarting): return fail(.script(fault, text))
        case (.disk(let name), .scripting(.looking)): return [.report(.line(name)), .arm(seconds: policy[.script])]
        case (.erasing, .scripting(.looking)):
            phase = .scripting(.erasing)
            return [.capture("erase"), .arm(seconds: policy[.erase])]
        case (.preparing(let program), .scripting(.looking)), (.preparing(let program), .scripting(.erasing)):
            phase = .scripting(.preparing(percent: 0))
            unchanged = 0
            return enter(.prepare) + [.capture("prepare"), .report(.line(program)), .arm(seconds: policy[.silence])]
        case (.percent(let percent), .scripting(.preparing(let before))):
            phase = .scripting(.preparing(percent: percent))
            if percent != before { unchanged = 0 }
            return (percent == before ? [] : [.report(.percent(percent))]) + counted(at: percent)
        case (.again(let number, let reason), .scripting(.preparing)):
            phase = .scripting(.preparing(percent: 0))
            return [.capture("again-\(number)"), .report(.line(reason))] + counted(at: 0)
        case (.line(let line), .scripting(.preparing(let percent))): return [.report(.line(line))] + counted(at: percent)
        case (_, .scripting(.preparing(let percent))) where message != .restarting: return counted(at: percent)
        case (.restarting, .scripting):
            phase = .restarting
            return [.capture("restart"), .arm(seconds: policy[.restart])]
        // Anything else does not belong here: the time goes on.
        default: return []
        }
    }

    /// What follows a message while macOS is prepared.
    private mutating func counted(at percent: Double) -> [InstallationAction] {
        unchanged += 1
        guard unchanged <= policy[.unchanged] else { return fail(.stuck(percent: percent)) }
        return [.arm(seconds: policy[.silence])]
    }

    // MARK: - macOS installs itself

    private mutating func restarted() -> [InstallationAction] {
        restarts += 1
        guard restarts <= policy[.restarts] else { return fail(.restartsWithoutEnd(restarts)) }
        (looks, quietLooks) = (0, 0)
        let seen: [InstallationAction] = restarts == policy[.leastRestarts] ? [.complete(.restarted)] : []
        return seen + [.capture("restart-\(restarts)"), .report(.restarted(restarts)), .arm(seconds: policy[.look])]
    }

    private mutating func look() -> [InstallationAction] {
        looks += 1
        guard looks < policy[.looks] else {
            if restarts < policy[.leastRestarts] { return fail(.tooFewRestarts(restarts, of: policy[.leastRestarts])) }
            return fail(subject.isProvisioned ? .neverPoweredOff(looks) : .neverQuiet(looks))
        }
        return [.measure, .arm(seconds: policy[.look])]
    }

    private mutating func written(_ bytes: Int) -> [InstallationAction] {
        // A provisioned macOS powers itself off, but only once.
        guard !subject.isProvisioned || isResumedLate else { return [] }
        quietLooks = bytes <= policy[.quietMiB] << 20 ? quietLooks + 1 : 0
        guard quietLooks > 0, restarts >= policy[.leastRestarts] else { return [] }
        guard quietLooks >= policy[.quietLooks] else { return [.report(.quiet(quietLooks, of: policy[.quietLooks]))] }
        return enter(.powerOff) + [.capture("installed")] + end(.button, .finished)
    }

    // MARK: - The end of QEMU

    private mutating func fail(_ failure: InstallationFailure) -> [InstallationAction] {
        let picture: [InstallationAction] = isConnected ? [.capture("failed")] : []
        return [.stopKeys] + picture + [.report(.failed(failure))] + end(.quit, .failure(failure))
    }

    private mutating func interrupt() -> [InstallationAction] {
        defer { isInterrupted = true }
        switch phase {
        case .verifying, .publishing: return isInterrupted ? [] : [.cancelWork]
        case .starting: return end(.terminate, .interrupted)
        // A guest that was to power off need not be waited for: the disk is as it is.
        case .ending(_, let stage) where stage < .closing: return [.stopKeys] + end(.quit, .interrupted)
        case .ending(let ending, let stage): return isInterrupted && stage < .kill ? end(stage.next, ending) : []
        case .booting, .opening, .scripting, .restarting, .installing: return [.stopKeys] + end(.quit, .interrupted)
        case .new, .over: return []
        }
    }

    private mutating func end(_ stage: LifecycleStage, _ ending: InstallationEnding) -> [InstallationAction] {
        // Without a connection, QEMU hears nothing but signals.
        let reached = isConnected || stage == .closing ? stage : max(stage, .terminate)
        phase = .ending(ending, reached)
        return switch reached {
        case .button: [.pressPowerButton, .arm(seconds: policy[.button])]
        case .secondPress: [.capture("second-press"), .pressPowerButton, .confirm, .arm(seconds: policy[.secondPress])]
        case .closing: [.arm(seconds: policy[.closing])]
        case .quit: [.quit, .arm(seconds: policy[.quit])]
        case .terminate: [.terminate, .arm(seconds: policy[.terminate])]
        case .kill: [.kill, .arm(seconds: policy[.kill])]
        }
    }

    private mutating func deadline() -> [InstallationAction] {
        if let lostReason, isRunning { return fail(.connectionLost(lostReason)) }
        switch phase {
        case .starting: return fail(.notStarted("it did not answer for \(Int(policy[.answer])) s"))
        case .booting: return press(0)
        case .opening(let attempt): return press(attempt + 1)
        case .scripting(.looking): return fail(.silence(stage, seconds: policy[.script]))
        case .scripting(.erasing): return fail(.silence(stage, seconds: policy[.erase]))
        case .scripting(.preparing): return fail(.silence(stage, seconds: policy[.silence]))
        case .restarting: return fail(.silence(stage, seconds: policy[.restart]))
        case .installing: return look()
        case .ending(.finished, .secondPress): return [.report(.forced)] + end(.quit, .finished)
        case .ending(let ending, let stage): return end(stage.next, ending)
        case .new, .verifying, .publishing, .over: return []
        }
    }

    private mutating func lost(_ reason: String) -> [InstallationAction] {
        guard isConnected else { return [] }
        isConnected = false
        switch phase {
        // Usually QEMU has ended, and its process follows.
        case .booting, .opening, .scripting, .restarting, .installing:
            lostReason = reason
            return [.stopKeys, .arm(seconds: policy[.connection])]
        case .ending(_, let stage) where stage < .closing: return [.arm(seconds: policy[.connection])]
        case .ending, .starting, .new, .verifying, .publishing, .over: return []
        }
    }

    private mutating func shutDown(byGuest: Bool, _ reason: String) -> [InstallationAction] {
        switch phase {
        case .ending(.finished, let stage) where byGuest && stage < .closing: return end(.closing, .finished)
        case .new, .starting, .ending, .verifying, .publishing, .over: return []
        case .booting, .opening, .scripting, .restarting, .installing: break
        }
        let picked: [InstallationAction] = [.stopKeys]
        // ShutdownCause of qapi/run-state.json.
        switch (byGuest, reason) {
        case (true, "guest-panic"): return picked + closing(.failure(.panic))
        case (true, "guest-reset"): return picked + resetEnded()
        case (true, _):
            if part == .system, subject.isProvisioned || restarts >= policy[.leastRestarts] {
                return picked + enter(.powerOff) + end(.closing, .finished)
            }
            return picked + closing(.failure(.poweredOff(stage)))
        case (false, _): return picked + closing(.failure(.endedFromOutside(reason)))
        }
    }

    private mutating func closing(_ ending: InstallationEnding) -> [InstallationAction] {
        guard case .failure(let failure) = ending else { return end(.closing, ending) }
        return [.report(.failed(failure))] + end(.closing, ending)
    }

    /// A restart of the recovery, which QEMU takes for its end.
    private mutating func resetEnded() -> [InstallationAction] {
        switch phase {
        case .restarting: return end(.closing, .prepared)
        case .scripting(.preparing(let percent)) where percent >= Double(policy[.preparedPercent]): return end(.closing, .prepared)
        case _ where recoveryStarts >= policy[.recoveryStarts]: return closing(.failure(.recoveryRestarts(recoveryStarts)))
        default: return [.report(.recoveryRestarted)] + end(.closing, .again)
        }
    }

    private mutating func ended(_ end: ProcessEnd) -> [InstallationAction] {
        (isConnected, lostReason) = (false, nil)
        switch phase {
        case .new, .verifying, .publishing, .over: return []
        case .starting: return finish(.failed(.notStarted("it ended with \(end)")))
        case .booting, .opening, .scripting, .restarting, .installing: return [.stopKeys] + finish(.failed(.qemuEnded(end)))
        case .ending(.failure(let failure), _): return finish(.failed(failure))
        case .ending(.interrupted, _): return finish(.interrupted)
        // A signal while it closed the disks, QEMU's own or SIGKILL: what it had not written is lost.
        case .ending where end != .exited(0): return finish(.failed(.qemuEnded(end)))
        case .ending where isInterrupted: return interruptedEnd()
        case .ending(.prepared, _): return [.complete(.prepared)] + launch(.system)
        case .ending(.again, _): return launch(.recovery)
        case .ending(.finished, _): return [.complete(.installed)] + verify()
        }
    }

    /// A signal came while QEMU was closing: what it has completed counts.
    private mutating func interruptedEnd() -> [InstallationAction] {
        switch phase {
        case .ending(.prepared, _): [.complete(.prepared)] + finish(.interrupted)
        case .ending(.finished, _): [.complete(.installed)] + finish(.interrupted)
        default: finish(.interrupted)
        }
    }

    // MARK: - Without QEMU

    private mutating func verify() -> [InstallationAction] {
        phase = .verifying
        return [.disarm] + enter(.verify) + [.verify]
    }

    private mutating func publish() -> [InstallationAction] {
        phase = .publishing
        return [.disarm] + enter(.image) + [.publish]
    }

    private mutating func finish(_ outcome: InstallationOutcome) -> [InstallationAction] {
        phase = .over(outcome)
        return [.disarm, .finish(outcome)]
    }
}
