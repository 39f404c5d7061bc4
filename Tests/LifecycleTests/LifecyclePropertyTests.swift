import Lifecycle
import TestSupport
import Testing

/// What holds after any sequence of events, in any order.
struct LifecyclePropertyTests {
    /// What a supervisor has in the world after it carried the actions out.
    private struct World {
        var life: Lifecycle
        var hasQEMU = false
        var isArmed = false
        var isOver = false
        var launches = 0
        /// Whether the connection was lost: commands do not reach QEMU.
        var isLost = false
        /// The first rule that was broken.
        var broken: String?

        mutating func handle(_ event: LifecycleEvent) {
            let before = life.phase
            if event == .deadline { isArmed = false }
            if case .ended = event { hasQEMU = false }
            if case .startFailed = event { hasQEMU = false }
            for action in life.handle(event) {
                if isOver { broken = broken ?? "\(action) after the end" }
                carryOut(action, after: event, before)
            }
            if case .connectionLost = event { isLost = true }
            if event == .ready, before == .starting { isLost = false }
            check(event)
        }

        private mutating func carryOut(_ action: LifecycleAction, after event: LifecycleEvent, _ before: LifecyclePhase) {
            switch action {
            case .launch:
                if hasQEMU { broken = broken ?? "two QEMUs" }
                if life.isStopRequested { broken = broken ?? "started in spite of a stop" }
                hasQEMU = true
                launches += 1
            case .pressPowerButton, .resume, .quit, .terminate, .kill:
                if !hasQEMU { broken = broken ?? "\(action) without QEMU" }
                // A guest that runs gets its button first, unless it has failed or cannot be reached.
                let isAbrupt = action == .quit || action == .terminate || action == .kill
                if isAbrupt, before == .running, !isLost, event != .panicked(.pauses), event != .hurry {
                    broken = broken ?? "\(action) at once"
                }
            case .arm: isArmed = true
            case .disarm: isArmed = false
            case .report: break
            case .finish:
                if hasQEMU { broken = broken ?? "the end with a QEMU" }
                isOver = true
            }
        }

        private mutating func check(_ event: LifecycleEvent) {
            switch life.phase {
            case .starting, .ending: if !isArmed || !hasQEMU { broken = broken ?? "\(life.phase) with no way out after \(event)" }
            case .delaying: if !isArmed || hasQEMU { broken = broken ?? "\(life.phase) with no way out after \(event)" }
            case .running, .paused: if !hasQEMU { broken = broken ?? "\(life.phase) without QEMU" }
            case .over: if !isOver || isArmed { broken = broken ?? "over and not over" }
            case .new: break
            }
        }
    }

    private static let events: [LifecycleEvent] = [
        .start, .ready, .ready, .startFailed("x"), .signal, .stopRequest, .hurry, .deadline, .deadline, .deadline,
        .shutdown(byGuest: true, reason: "guest-shutdown"), .shutdown(byGuest: true, reason: "guest-panic"),
        .shutdown(byGuest: true, reason: "guest-reset"), .shutdown(byGuest: false, reason: "host-qmp-quit"), .reset(byGuest: true),
        .reset(byGuest: false), .panicked(.ends), .panicked(.pauses), .panicked(.goesOn),
        .diskError(.init(disk: "d", operation: "write", reason: "r"), stops: true),
        .diskError(.init(disk: "d", operation: "read", reason: "r"), stops: false), .paused, .resumed, .connectionLost("closed"),
        .ended(.exited(0), after: .seconds(1)), .ended(.signalled(11), after: .seconds(1)), .ended(.exited(1), after: .seconds(700)),
    ]

    private static func policy(_ random: inout SplitMix64) -> LifecyclePolicy {
        LifecyclePolicy(
            afterPowerOff: LifecyclePolicy.AfterPowerOff.allCases.randomElement(using: &random) ?? .exit,
            afterCrash: LifecyclePolicy.AfterCrash.allCases.randomElement(using: &random) ?? .exit,
            stopTimeout: .seconds(Int.random(in: 1...200, using: &random)))
    }

    /// Whether an event can happen: a process that is not there does not end, and no timer fires that was not set.
    private static func isPossible(_ event: LifecycleEvent, _ world: World) -> Bool {
        switch event {
        case .start: world.life.phase == .new
        case .deadline: world.isArmed
        case .startFailed: world.life.phase == .starting && world.hasQEMU
        case .signal, .stopRequest, .hurry: true
        default: world.hasQEMU
        }
    }

    @Test(arguments: 0..<64) func everySequenceKeepsTheRules(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        for _ in 0..<200 {
            var world = World(life: Lifecycle(policy: Self.policy(&random)))
            var story: [LifecycleEvent] = [.start]
            world.handle(.start)
            // Stops are rare, so that restarts are seen.
            for _ in 0..<Int.random(in: 1...60, using: &random) {
                guard let event = Self.events.randomElement(using: &random), Self.isPossible(event, world) else { continue }
                if [.signal, .stopRequest, .hurry].contains(event), Int.random(in: 0..<6, using: &random) > 0 { continue }
                story.append(event)
                world.handle(event)
            }
            #expect(world.broken == nil, "\(world.broken ?? ""): \(story)")
            end(&world, story)
        }
    }

    /// From wherever it is, the supervisor comes to its end, though nothing answers and only SIGKILL has an effect.
    private func end(_ world: inout World, _ story: [LifecycleEvent]) {
        world.handle(.signal)
        var steps = 0
        while !world.isOver, steps < 12 {
            steps += 1
            if case .ending(_, .kill) = world.life.phase {
                world.handle(.ended(.signalled(9), after: .seconds(1)))
            } else if world.isArmed {
                world.handle(.deadline)
            } else {
                break
            }
        }
        #expect(world.isOver && world.broken == nil, "\(world.broken ?? "no end") in \(world.life.phase) after \(story)")
    }

    /// A guest that fails at once is started a limited number of times, whatever the policy is.
    @Test func restartsAreBounded() {
        var world = World(life: Lifecycle(policy: LifecyclePolicy()))
        world.handle(.start)
        for _ in 0..<1000 where !world.isOver {
            if case .delaying = world.life.phase { world.handle(.deadline) }
            world.handle(.ready)
            world.handle(.ended(.signalled(6), after: .seconds(5)))
        }
        #expect(world.isOver && world.launches == LifecyclePolicy.restartLimit + 1)
    }

    /// Equal values answer equally: there is no clock and no chance in it.
    @Test func equalStatesAnswerEqually() {
        var random = SplitMix64(seed: 7)
        var (a, b) = (Lifecycle(policy: LifecyclePolicy()), Lifecycle(policy: LifecyclePolicy()))
        for _ in 0..<5000 {
            guard let event = Self.events.randomElement(using: &random) else { continue }
            #expect(a.handle(event) == b.handle(event) && a == b)
            if case .over = a.phase { (a, b) = (Lifecycle(policy: LifecyclePolicy()), Lifecycle(policy: LifecyclePolicy())) }
        }
    }
}
