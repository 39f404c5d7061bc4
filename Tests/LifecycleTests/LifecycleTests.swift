import Lifecycle
import Testing

/// What happens, and what the supervisor then has to do: one line an event, as in docs/supervision.md.
struct LifecycleTests {
    private static let running: [LifecycleEvent] = [.start, .ready]
    private static let guestOff = LifecycleEvent.shutdown(byGuest: true, reason: "guest-shutdown")
    private static let quitSeen = LifecycleEvent.shutdown(byGuest: false, reason: "host-qmp-quit")
    private static let clean = LifecycleEvent.ended(.exited(0), after: .seconds(30))
    private static let crash = LifecycleEvent.ended(.signalled(11), after: .seconds(30))
    private static let badDisk = LifecycleEvent.DiskError(disk: "system", operation: "write", reason: "No space left on device")

    /// The actions of the last event.
    private func last(_ policy: LifecyclePolicy = LifecyclePolicy(), _ events: [LifecycleEvent]) -> (Lifecycle, [LifecycleAction]) {
        var life = Lifecycle(policy: policy)
        var actions: [LifecycleAction] = []
        for event in events { actions = life.handle(event) }
        return (life, actions)
    }

    private func outcome(_ policy: LifecyclePolicy = LifecyclePolicy(), _ events: [LifecycleEvent]) -> LifecycleOutcome? {
        if case .over(let outcome) = last(policy, events).0.phase { outcome } else { nil }
    }

    @Test func aStart() {
        #expect(last([.start]).1 == [.launch, .arm(.seconds(600))])
        #expect(last([.start, .ready]).1 == [.disarm, .report(.running)])
    }

    @Test func anObedientGuest() {
        #expect(
            last(Self.running + [.signal]).1 == [.report(.pressed(.seconds(120))), .pressPowerButton, .arm(.seconds(120))])
        #expect(last(Self.running + [.signal, Self.guestOff]).1 == [.report(.shutDown), .arm(.seconds(60))])
        #expect(last(Self.running + [.signal, Self.guestOff, Self.clean]).1 == [.disarm, .finish(.poweredOff)])
        // QEMU stops the vCPUs and closes its connection on the way.
        #expect(outcome(Self.running + [.signal, Self.guestOff, .paused, .connectionLost("closed"), Self.clean]) == .poweredOff)
    }

    /// The whole ladder, each rung with its time.
    @Test func aGuestThatIgnoresEverything() {
        var life = Lifecycle(policy: LifecyclePolicy(stopTimeout: .seconds(30)))
        var seen: [LifecycleAction] = []
        for event in Self.running + [.stopRequest, .deadline, .deadline, .deadline, .deadline, .deadline] { seen += life.handle(event) }
        #expect(
            seen.filter { if case .report = $0 { false } else { true } } == [
                .launch, .arm(.seconds(600)), .disarm, .pressPowerButton, .arm(.seconds(30)), .pressPowerButton, .arm(.seconds(15)), .quit,
                .arm(.seconds(10)), .terminate, .arm(.seconds(10)), .kill, .arm(.seconds(10)), .kill, .arm(.seconds(10)),
            ])
        #expect(life.handle(.ended(.signalled(9), after: .seconds(90))) == [.disarm, .finish(.killed)])
    }

    /// How the guest ended is known by the stage that ended it.
    @Test(arguments: [
        (0, LifecycleOutcome.poweredOff), (1, .poweredOff), (2, .quit), (3, .terminated), (4, .killed),
    ])
    func theStageIsTheOutcome(deadlines: Int, expected: LifecycleOutcome) {
        let pressed = Self.running + [.signal] + Array(repeating: LifecycleEvent.deadline, count: deadlines)
        #expect(outcome(pressed + (deadlines < 2 ? [Self.guestOff, Self.clean] : [Self.quitSeen, Self.clean])) == expected)
        let stages: [LifecycleStage] = [.button, .secondPress, .quit, .terminate, .kill]
        #expect(last(pressed + [Self.guestOff, Self.clean]).0.lastStage == stages[deadlines])
    }

    @Test func asFarAsSignalsHurry() {
        let stages: [LifecycleAction] = [.pressPowerButton, .quit, .terminate, .kill]
        for (count, action) in stages.enumerated() {
            let events = Self.running + Array(repeating: LifecycleEvent.signal, count: count + 1)
            #expect(last(events).1.contains(action))
        }
        // A request is no signal: the two together do not hurry.
        #expect(last(Self.running + [.stopRequest, .signal]).1.isEmpty)
        #expect(last(Self.running + [.stopRequest, .signal, .signal]).1.contains(.quit))
        #expect(last(Self.running + [.signal, .stopRequest]).1.isEmpty)
        #expect(last(Self.running + [.hurry]).1.contains(.quit) && last(Self.running + [.signal, .hurry]).1.contains(.quit))
        #expect(last(Self.running + [.hurry, .hurry]).1.contains(.terminate))
    }

    /// Before QEMU answers there is no guest that could be asked.
    @Test func aStopWhileQEMUStarts() {
        #expect(last([.start, .signal]).1 == [.report(.terminating), .terminate, .arm(.seconds(10))])
        #expect(outcome([.start, .signal, .ended(.signalled(15), after: .zero)]) == .terminated)
        #expect(outcome([.signal]) == .poweredOff)
    }

    @Test(arguments: [
        (LifecyclePolicy.AfterPowerOff.exit, LifecyclePhase.over(.poweredOff)), (.poweroff, .over(.poweredOff)), (.restart, .delaying),
    ])
    func aGuestThatPowersItselfOff(then: LifecyclePolicy.AfterPowerOff, phase: LifecyclePhase) {
        let events = Self.running + [Self.guestOff, Self.clean]
        #expect(last(LifecyclePolicy(afterPowerOff: then), events).0.phase == phase)
        // Asked for, it is not started again.
        #expect(outcome(LifecyclePolicy(afterPowerOff: then), Self.running + [.signal, Self.guestOff, Self.clean]) == .poweredOff)
    }

    @Test func aReboot() {
        let (life, actions) = last(Self.running + [.reset(byGuest: true)])
        #expect(life.phase == .running && actions == [.report(.rebooted)])
        // With -no-reboot among qemu.extra.
        let ended = last(Self.running + [.shutdown(byGuest: true, reason: "guest-reset"), Self.clean])
        #expect(ended.0.phase == .starting && ended.1.contains(.launch))
    }

    @Test(arguments: [
        (LifecycleEvent.AfterPanic.ends, LifecycleAction.arm(.seconds(60))), (.pauses, .quit), (.goesOn, .report(.failed(.panic))),
    ])
    func aPanic(next: LifecycleEvent.AfterPanic, action: LifecycleAction) {
        let (life, actions) = last(Self.running + [.panicked(next)])
        #expect(actions.contains(.report(.failed(.panic))) && actions.last == action || actions.contains(action))
        guard next != .goesOn else { return #expect(life.phase == .running) }
        let panic = Self.running + [.panicked(next), .shutdown(byGuest: true, reason: "guest-panic"), Self.clean]
        #expect(last(panic).1 == [.report(.restarting(.seconds(1))), .arm(.seconds(1))])
        #expect(outcome(LifecyclePolicy(afterCrash: .exit), panic) == .failed(.panic))
    }

    /// 1, 2, 4, 8 and 16 seconds, then no more; a guest that has lived long begins anew.
    @Test func crashesAreCounted() {
        var life = Lifecycle(policy: LifecyclePolicy())
        var delays: [Duration] = []
        _ = life.handle(.start)
        for _ in 0..<5 {
            _ = life.handle(.ready)
            for case .report(.restarting(let delay)) in life.handle(Self.crash) { delays.append(delay) }
            #expect(life.handle(.deadline).first == .launch)
        }
        #expect(delays == [1, 2, 4, 8, 16].map { .seconds($0) })
        _ = life.handle(.ready)
        var long = life
        #expect(long.handle(.ended(.signalled(11), after: .seconds(600))).contains(.report(.restarting(.seconds(1)))))
        #expect(life.handle(Self.crash).suffix(2) == [.disarm, .finish(.failed(.crash(.signalled(11))))])
        #expect(LifecyclePolicy.delay(after: 50) == .seconds(60))
    }

    /// Bad arguments do not become good ones by trying again.
    @Test func aQEMUThatNeverRan() {
        #expect(outcome([.start, .ended(.exited(1), after: .zero)]) == .notStarted("QEMU ended with exit status 1"))
        #expect(outcome([.start, .startFailed("Permission denied")]) == .notStarted("Permission denied"))
        let silent = outcome([.start, .deadline, .deadline, .ended(.signalled(9), after: .seconds(620))])
        if case .notStarted = silent {} else { Issue.record("\(String(describing: silent))") }
        // It did run before.
        #expect(last(Self.running + [Self.crash, .deadline, .ended(.exited(1), after: .zero)]).0.phase == .delaying)
    }

    @Test func aStopBetweenTwoStarts() {
        #expect(outcome(Self.running + [Self.crash, .signal]) == .failed(.crash(.signalled(11))))
        #expect(outcome(LifecyclePolicy(afterPowerOff: .restart), Self.running + [Self.guestOff, Self.clean, .stopRequest]) == .poweredOff)
    }

    @Test func aFullDisk() {
        let full = Self.running + [.diskError(Self.badDisk, stops: true), .paused]
        #expect(last(full).0.phase == .paused(.disk))
        #expect(last(full + [.resumed]).0.phase == .running)
        #expect(last(Self.running + [.diskError(Self.badDisk, stops: false)]).0.phase == .running)
        // A stop lets it try once more; a second error ends it, because it cannot write what it would have to.
        #expect(last(full + [.signal]).1.prefix(1) == [.resume])
        #expect(last(full + [.signal, .diskError(Self.badDisk, stops: true)]).1.contains(.quit))
    }

    @Test func aPause() {
        let (life, actions) = last(Self.running + [.paused])
        #expect(life.phase == .paused(.command) && actions == [.report(.paused)])
        #expect(last(Self.running + [.paused, .signal]).1.starts(with: [.resume]))
    }

    /// QEMU hears nothing but signals then.
    @Test func aLostConnection() {
        let lost = Self.running + [.connectionLost("rubbish")]
        #expect(last(lost).1 == [.arm(.seconds(5))])
        #expect(last(lost + [.deadline]).1 == [.report(.connectionLost("rubbish"))])
        #expect(last(lost + [.deadline, .signal]).1 == [.report(.terminating), .terminate, .arm(.seconds(10))])
        #expect(last(Self.running + [.signal, .connectionLost("closed"), .deadline]).1.contains(.terminate))
        #expect(outcome(lost + [Self.clean]) == .poweredOff)
        #expect(last(lost + [Self.crash]).0.phase == .delaying)
    }

    /// `boot qmp quit`, or a signal to QEMU itself: whoever did that did not want another start.
    @Test func endedFromOutside() {
        #expect(outcome(Self.running + [.shutdown(byGuest: false, reason: "host-signal"), Self.clean]) == .quit)
    }

    /// QEMU dies while it closes the disks of a guest that is off.
    @Test func aCrashAtTheEnd() {
        #expect(outcome(Self.running + [.signal, Self.guestOff, Self.crash]) == .failed(.crash(.signalled(11))))
    }

    private func last(_ events: [LifecycleEvent]) -> (Lifecycle, [LifecycleAction]) { last(LifecyclePolicy(), events) }
    private func outcome(_ events: [LifecycleEvent]) -> LifecycleOutcome? { outcome(LifecyclePolicy(), events) }
}
