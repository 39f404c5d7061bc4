import Lifecycle
import TestSupport
import Testing

@testable import MediaInstall

/// What holds after any sequence of events, in any order.
struct InstallationPropertyTests {
    /// What the runner has in the world after it carried the actions out.
    private struct World {
        var course: Installation
        var hasQEMU = false
        var isArmed = false
        var isOver = false
        /// The sum of all deadlines that have passed.
        var waited = 0.0
        var armed = 0.0
        var isWorking = false
        /// The first rule that was broken.
        var broken: String?

        mutating func handle(_ event: InstallationEvent) {
            switch event {
            case .deadline: (isArmed, waited) = (false, waited + armed)
            case .ended, .startFailed: hasQEMU = false
            case .verified, .published: isWorking = false
            default: break
            }
            for action in course.handle(event) {
                if isOver { broken = broken ?? "\(action) after the end" }
                switch action {
                case .launch:
                    if hasQEMU { broken = broken ?? "two QEMUs" }
                    hasQEMU = true
                case .press, .pressPowerButton, .confirm, .quit, .terminate, .kill, .measure:
                    if !hasQEMU { broken = broken ?? "\(action) without QEMU" }
                case .arm(let seconds): (isArmed, armed) = (true, seconds)
                case .disarm: isArmed = false
                case .verify, .publish:
                    if hasQEMU || isWorking { broken = broken ?? "\(action) beside QEMU" }
                    isWorking = true
                case .finish:
                    if hasQEMU || isWorking { broken = broken ?? "the end beside QEMU" }
                    isOver = true
                case .stopKeys, .capture, .complete, .cancelWork, .report: break
                }
            }
            check(event)
        }

        private mutating func check(_ event: InstallationEvent) {
            switch course.phase {
            case .starting, .booting, .opening, .scripting, .restarting, .installing, .ending:
                if !isArmed || !hasQEMU { broken = broken ?? "\(course.phase) with no way out after \(event)" }
            case .verifying, .publishing: if !isWorking || hasQEMU { broken = broken ?? "\(course.phase) with no way out after \(event)" }
            case .over: if !isOver || isArmed { broken = broken ?? "over and not over" }
            case .new: break
            }
        }
    }

    private static let events: [InstallationEvent] = [
        .ready, .ready, .ready, .startFailed("x"), .signal, .deadline, .deadline, .deadline,
        .mailbox(.hello(version: "15", build: "24A1")), .mailbox(.disk("disk0")), .mailbox(.erasing), .mailbox(.preparing("a")),
        .mailbox(.preparing("a")), .mailbox(.percent(10)), .mailbox(.percent(95)), .mailbox(.alive), .mailbox(.line("x")),
        .mailbox(.again(1, "x")), .mailbox(.restarting), .mailbox(.restarting), .mailbox(.failed(.erase, "x")),
        .shutdown(byGuest: true, reason: "guest-reset"), .shutdown(byGuest: true, reason: "guest-reset"),
        .shutdown(byGuest: true, reason: "guest-shutdown"), .shutdown(byGuest: true, reason: "guest-panic"),
        .shutdown(byGuest: false, reason: "host-qmp-quit"), .reset(byGuest: true), .reset(byGuest: false), .panicked,
        .diskError(noSpace: true, reason: "r"), .written(0), .written(1 << 40), .connectionLost("closed"), .ended(.exited(0)),
        .ended(.exited(0)), .ended(.signalled(11)), .verified(objection: nil), .verified(objection: "x"), .published(objection: nil),
        .published(objection: "x"),
    ]

    /// Whether an event can happen: a process that is not there does not end, and no timer fires that was not set.
    private static func isPossible(_ event: InstallationEvent, _ world: World) -> Bool {
        switch event {
        case .deadline: world.isArmed
        case .startFailed:
            if case .starting = world.course.phase { world.hasQEMU } else { false }
        case .signal: true
        case .verified: world.course.phase == .verifying
        case .published: world.course.phase == .publishing
        default: world.hasQEMU
        }
    }

    @Test(arguments: 0..<64) func everySequenceKeepsTheRules(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        for _ in 0..<100 {
            var policy = InstallationPolicy()
            // Small limits, so that they are reached.
            for limit in [InstallationLimit.attempts, .messages, .unchanged, .restarts, .quietLooks, .looks] {
                _ = policy.set(limit.rawValue, Double(Int.random(in: 1...6, using: &random)))
            }
            var world = World(course: Installation(Installation.Subject(isProvisioned: Bool.random(using: &random)), policy: policy))
            var story = [InstallationEvent.start(after: InstallationStep.allCases.randomElement(using: &random) ?? .nothing)]
            world.handle(story[0])
            for _ in 0..<Int.random(in: 1...80, using: &random) {
                guard let event = Self.events.randomElement(using: &random), Self.isPossible(event, world) else { continue }
                if event == .signal, Int.random(in: 0..<10, using: &random) > 0 { continue }
                story.append(event)
                world.handle(event)
            }
            #expect(world.broken == nil, "\(world.broken ?? ""): \(story)")
            finish(&world, story)
        }
    }

    /// From wherever it is, an installation comes to its end by its deadlines, and within their sum.
    private func finish(_ world: inout World, _ story: [InstallationEvent]) {
        world.waited = 0
        var steps = 0
        while !world.isOver, steps < 2000 {
            steps += 1
            switch world.course.phase {
            case .verifying: world.handle(.verified(objection: "x"))
            case .publishing: world.handle(.published(objection: "x"))
            // Only SIGKILL has an effect.
            case .ending(_, .kill): world.handle(.ended(.signalled(9)))
            default: world.handle(.deadline)
            }
        }
        #expect(world.isOver, "no end after \(story)")
        #expect(world.broken == nil, "\(world.broken ?? ""): \(story)")
        #expect(world.waited <= world.course.policy.longest, "\(world.waited) s: \(story)")
    }

    /// The longest installation that there is: every deadline is used up, every restart and every message comes at the last moment.
    @Test func theSumOfAllDeadlines() {
        #expect(InstallationPolicy().longest < 14 * 24 * 3600)
    }
}
