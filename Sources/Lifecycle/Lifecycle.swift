/// The life of a guest as a state machine: events in, actions out, no clock and no effect.
///
/// Equal values answer equal events with equal actions. A supervisor carries the actions out in order and reports what happens; there is
/// one deadline at a time. docs/supervision.md has the states as a table.
package struct Lifecycle: Equatable, Sendable {
    package let policy: LifecyclePolicy
    package private(set) var phase = LifecyclePhase.new
    /// Whether a stop was requested: nothing is started any more.
    package private(set) var isStopRequested = false
    /// Failures in a row.
    package private(set) var failures = 0
    /// Times that QEMU was started.
    package private(set) var starts = 0
    /// What was done last to end the QEMU that was started last; nil when it ended by itself.
    package private(set) var lastStage: LifecycleStage?
    /// Whether commands reach QEMU.
    private var isConnected = false
    /// Whether a QEMU has ever answered: its arguments are good.
    private var wasReady = false
    private var hasSignal = false
    /// Why commands do not reach QEMU any more; nil once that was reported.
    private var lostReason: String?
    /// How the last QEMU ended.
    private var lastOutcome: LifecycleOutcome?

    package init(policy: LifecyclePolicy) { self.policy = policy }

    package mutating func handle(_ event: LifecycleEvent) -> [LifecycleAction] {
        switch (event, phase) {
        // Nothing follows the end, and nothing precedes the start.
        case (_, .over): return []
        case (.start, .new): return launch()
        case (.signal, .new), (.stopRequest, .new), (.hurry, .new): return finish(.poweredOff)
        case (_, .new): return []

        case (.ready, .starting):
            (isConnected, wasReady) = (true, true)
            phase = .running
            return [.disarm, .report(.running)]
        case (.startFailed(let reason), .starting): return finish(.notStarted(reason))
        case (.ended(let end, let time), _): return ended(end, after: time)

        case (.signal, _):
            defer { hasSignal = true }
            return hasSignal ? hurry() : stop()
        case (.stopRequest, _): return stop()
        case (.hurry, _): return hurry()
        case (.deadline, _): return deadline()

        case (.shutdown(let byGuest, let reason), _): return shutDown(byGuest: byGuest, reason: reason)
        case (.panicked(let next), _): return panicked(next)
        case (.diskError(let error, let stops), _): return diskError(error, stops: stops)

        case (.paused, .running):
            phase = .paused(.command)
            return [.report(.paused)]
        case (.resumed, .paused):
            phase = .running
            return [.report(.resumed)]
        case (.reset(byGuest: true), .running): return [.report(.rebooted)]
        case (.connectionLost(let reason), _): return lost(reason)
        case (.ready, _), (.start, _), (.startFailed, _), (.paused, _), (.resumed, _), (.reset, _): return []
        }
    }

    private mutating func launch() -> [LifecycleAction] {
        (phase, isConnected, lastStage) = (.starting, false, nil)
        starts += 1
        return [.launch, .arm(LifecyclePolicy.startTimeout)]
    }

    private mutating func finish(_ outcome: LifecycleOutcome) -> [LifecycleAction] {
        phase = .over(outcome)
        return [.disarm, .finish(outcome)]
    }

    // MARK: - Stopping

    private mutating func stop() -> [LifecycleAction] {
        isStopRequested = true
        switch phase {
        // There is no guest yet that could be shut down, and nobody to answer a command.
        case .starting: return enter(.terminate, .stop)
        case .running: return enter(.button, .stop)
        // A guest that stands still does not see its button.
        case .paused: return isConnected ? [.resume] + enter(.button, .stop) : enter(.terminate, .stop)
        // No guest is on: how the last one ended is how it ends.
        case .delaying: return finish(lastOutcome ?? .poweredOff)
        case .ending, .new, .over: return []
        }
    }

    private mutating func hurry() -> [LifecycleAction] {
        isStopRequested = true
        switch phase {
        case .ending(let ending, let stage): return stage < .kill ? enter(max(stage.next, .quit), ending) : []
        case .running, .paused: return enter(.quit, .stop)
        case .starting, .delaying, .new, .over: return stop()
        }
    }

    private mutating func enter(_ stage: LifecycleStage, _ ending: LifecycleEnding) -> [LifecycleAction] {
        // Without a connection, QEMU hears nothing but signals.
        let reached = isConnected || stage == .closing ? stage : max(stage, .terminate)
        phase = .ending(ending, reached)
        if reached != .closing { lastStage = reached }
        return switch reached {
        case .button: [.report(.pressed(policy.stopTimeout)), .pressPowerButton, .arm(policy.stopTimeout)]
        case .secondPress: [.report(.pressedAgain), .pressPowerButton, .arm(LifecyclePolicy.secondPress)]
        case .closing: [.arm(LifecyclePolicy.closing)]
        case .quit: [.report(.quitting), .quit, .arm(LifecyclePolicy.quit)]
        case .terminate: [.report(.terminating), .terminate, .arm(LifecyclePolicy.terminate)]
        case .kill: [.report(.killing), .kill, .arm(LifecyclePolicy.kill)]
        }
    }

    private mutating func deadline() -> [LifecycleAction] {
        switch phase {
        case .starting: return [.report(.failed(.unresponsive))] + enter(.terminate, .failure(.unresponsive))
        case .running, .paused:
            guard let lostReason else { return [] }
            self.lostReason = nil
            return [.report(.connectionLost(lostReason))]
        case .ending(let ending, let stage): return enter(stage.next, ending)
        case .delaying: return launch()
        case .new, .over: return []
        }
    }

    // MARK: - What QEMU says

    private mutating func shutDown(byGuest: Bool, reason: String) -> [LifecycleAction] {
        switch phase {
        case .ending(.stop, _) where !byGuest: return []
        case .ending(.powerOff, _), .ending(.reboot, _), .ending(.outside, _), .ending(.failure, _), .delaying, .new, .over: return []
        case .starting, .running, .paused, .ending(.stop, _): break
        }
        // ShutdownCause of qapi/run-state.json.
        switch (byGuest, reason) {
        case (true, "guest-panic"): return [.report(.failed(.panic))] + enter(.closing, .failure(.panic))
        case (true, "guest-reset"): return enter(.closing, .reboot)
        case (true, _): return [.report(.shutDown)] + enter(.closing, .powerOff)
        case (false, _): return [.report(.endedFromOutside(reason))] + enter(.closing, .outside)
        }
    }

    private mutating func panicked(_ next: LifecycleEvent.AfterPanic) -> [LifecycleAction] {
        switch phase {
        case .starting, .running, .paused, .ending(.stop, _): break
        case .ending, .delaying, .new, .over: return []
        }
        let report = [LifecycleAction.report(.failed(.panic))]
        return switch next {
        case .goesOn: report
        case .pauses: report + enter(.quit, .failure(.panic))
        case .ends: report + enter(.closing, .failure(.panic))
        }
    }

    private mutating func diskError(_ error: LifecycleEvent.DiskError, stops: Bool) -> [LifecycleAction] {
        let report = [LifecycleAction.report(.diskError(error, stops: stops))]
        guard stops else { return report }
        switch phase {
        case .starting, .running, .paused:
            if phase != .starting { phase = .paused(.disk) }
            return report
        // The guest cannot write any more, so that it cannot shut down either.
        case .ending(.stop, let stage) where stage < .closing: return report + enter(.quit, .stop)
        case .ending, .delaying, .new, .over: return report
        }
    }

    private mutating func lost(_ reason: String) -> [LifecycleAction] {
        guard isConnected else { return [] }
        isConnected = false
        switch phase {
        // Usually QEMU has ended, and its process follows.
        case .running, .paused:
            lostReason = reason
            return [.arm(LifecyclePolicy.lostConnection)]
        case .ending(_, let stage) where stage < .closing: return [.arm(LifecyclePolicy.lostConnection)]
        case .ending, .starting, .delaying, .new, .over: return []
        }
    }

    // MARK: - QEMU's end

    private mutating func ended(_ end: ProcessEnd, after time: Duration) -> [LifecycleAction] {
        (isConnected, lostReason) = (false, nil)
        switch phase {
        case .new, .delaying, .over: return []
        case .starting where !wasReady: return finish(.notStarted("QEMU ended with \(end)"))
        // Its last words were lost.
        case .running where end == .exited(0), .paused where end == .exited(0): return poweredOff()
        case .starting, .running, .paused: return failed(.crash(end), after: time)
        case .ending(_, .kill) where isStopRequested: return finish(.killed)
        case .ending(.stop, .terminate): return finish(.terminated)
        case .ending(.stop, .quit): return finish(.quit)
        case .ending(.stop, _), .ending(.powerOff, .closing):
            // QEMU's own signal, while it closed the disks, is a crash.
            if case .exited = end { return poweredOff() }
            return failed(.crash(end), after: time)
        case .ending(.powerOff, _): return poweredOff()
        case .ending(.outside, _): return finish(.quit)
        case .ending(.reboot, _): return isStopRequested ? finish(.poweredOff) : [.report(.rebooted)] + launch()
        case .ending(.failure(let failure), _):
            if failure == .unresponsive, !wasReady { return finish(.notStarted(failure.description)) }
            return failed(failure, after: time, isReported: true)
        }
    }

    private mutating func poweredOff() -> [LifecycleAction] {
        failures = 0
        guard !isStopRequested, policy.afterPowerOff == .restart else { return finish(.poweredOff) }
        lastOutcome = .poweredOff
        phase = .delaying
        return [.report(.powerOffAgain), .arm(LifecyclePolicy.firstDelay)]
    }

    private mutating func failed(_ failure: LifecycleFailure, after time: Duration, isReported: Bool = false) -> [LifecycleAction] {
        let report: [LifecycleAction] = isReported ? [] : [.report(.failed(failure))]
        failures = time >= LifecyclePolicy.stable ? 1 : failures + 1
        guard !isStopRequested, policy.afterCrash == .restart else { return report + finish(.failed(failure)) }
        guard failures <= LifecyclePolicy.restartLimit else { return report + [.report(.gaveUp(failures))] + finish(.failed(failure)) }
        lastOutcome = .failed(failure)
        phase = .delaying
        let delay = LifecyclePolicy.delay(after: failures)
        return report + [.report(.restarting(delay)), .arm(delay)]
    }
}
