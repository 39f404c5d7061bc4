import Lifecycle
import Testing

@testable import MediaInstall

/// The way from an empty disk to an installed one, and each way that ends earlier.
struct InstallationTests {
    /// The names of the actions and what they carry.
    private static func told(_ course: inout Installation, _ events: [InstallationEvent]) -> [String] {
        events.flatMap { course.handle($0) }.map { [$0.name, $0.detail].compactMap { $0 }.joined(separator: " ") }
    }

    /// Up to the moment at which the script prepares macOS.
    static let preparing: [InstallationEvent] = [
        .start(after: .nothing), .ready, .deadline, .mailbox(.hello(version: "15.6", build: "24G84")), .mailbox(.disk("disk0")),
        .mailbox(.erasing), .mailbox(.preparing("/Volumes/Installer/x")),
    ]
    /// Up to the moment at which macOS installs itself.
    static let installing =
        preparing + [
            .mailbox(.percent(50)), .mailbox(.restarting), .shutdown(byGuest: true, reason: "guest-reset"), .ended(.exited(0)), .ready,
        ]

    private static func course(_ events: [InstallationEvent], provisioned: Bool = false, build: String? = nil) -> Installation {
        var course = Installation(Installation.Subject(isProvisioned: provisioned, build: build))
        for event in events { _ = course.handle(event) }
        return course
    }

    private static func failure(after events: [InstallationEvent], provisioned: Bool = false, build: String? = nil) -> InstallationFailure?
    {
        var course = course(events, provisioned: provisioned, build: build)
        switch course.phase {
        case .ending(.failure(let failure), _):
            // QEMU ends by its own command, and that is the end of it.
            #expect(course.handle(.ended(.exited(0))).last == .finish(.failed(failure)))
            return failure
        case .over(.failed(let failure)): return failure
        default: return nil
        }
    }

    @Test func vanilla() {
        var course = Installation(Installation.Subject())
        let started = Self.told(&course, [.start(after: .nothing), .ready, .deadline])
        #expect(
            started == [
                "report stage 1 start the recovery", "launch recovery", "arm 120.0 s", "arm 90.0 s", "report stage 2 open its terminal",
                "capture attempt-1", "report keys, attempt 1 of at most 24", "press 0", "arm 45.0 s",
            ])
        let scripted = Self.told(&course, Array(Self.preparing.dropFirst(3)) + [.mailbox(.percent(12.5)), .mailbox(.alive)])
        #expect(
            scripted == [
                "stop-keys", "report stage 3 erase the disk", "capture script", "report macOS 24G84", "arm 180.0 s", "report disk0",
                "arm 180.0 s", "capture erase", "arm 600.0 s", "report stage 4 prepare macOS", "capture prepare",
                "report /Volumes/Installer/x", "arm 300.0 s", "report 12.5 %", "arm 300.0 s", "arm 300.0 s",
            ])
        let restarted = Self.told(
            &course, [.mailbox(.restarting), .shutdown(byGuest: true, reason: "guest-reset"), .ended(.exited(0)), .ready])
        #expect(
            restarted == [
                "capture restart", "arm 900.0 s", "stop-keys", "arm 60.0 s", "complete prepared", "report stage 5 macOS installs itself",
                "launch system", "arm 120.0 s", "arm 60.0 s",
            ])
        // Quiet before the second restart means nothing.
        for _ in 0..<40 { #expect(Self.told(&course, [.deadline, .written(0)]) == ["measure", "arm 60.0 s"]) }
        #expect(
            Self.told(&course, [.reset(byGuest: true)]) == ["complete restarted", "capture restart-2", "report restart 2", "arm 60.0 s"])
        for _ in 0..<30 { _ = Self.told(&course, [.deadline, .written(1 << 30)]) }
        for _ in 0..<14 { _ = Self.told(&course, [.deadline, .written(1 << 20)]) }
        #expect(
            Self.told(&course, [.deadline, .written(0)]) == [
                "measure", "arm 60.0 s", "report stage 6 power off", "capture installed", "power-button", "arm 120.0 s",
            ])
        #expect(Self.told(&course, [.shutdown(byGuest: true, reason: "guest-shutdown")]) == ["arm 60.0 s"])
        #expect(Self.told(&course, [.ended(.exited(0))]) == ["complete installed", "disarm", "report stage 7 verify the disk", "verify"])
        #expect(
            Self.told(&course, [.verified(objection: nil)]) == ["complete verified", "disarm", "report stage 8 write the image", "publish"])
        #expect(Self.told(&course, [.published(objection: nil)]) == ["disarm", "finish done"])
        #expect(course.handle(.signal).isEmpty)
    }

    @Test func provisionedEndsByItself() {
        var course = Self.course(Self.installing, provisioned: true)
        for _ in 0..<20 { #expect(course.handle(.deadline) == [.measure, .arm(seconds: 60)]) }
        #expect(course.handle(.written(0)).isEmpty)
        _ = course.handle(.shutdown(byGuest: true, reason: "guest-shutdown"))
        #expect(course.phase == .ending(.finished, .closing))
        _ = course.handle(.ended(.exited(0)))
        #expect(course.phase == .verifying)
    }

    @Test func aButtonThatIsNotHeard() {
        var course = Self.course(
            Self.installing + [.reset(byGuest: true)] + Array(repeating: [.deadline, .written(0)], count: 15).flatMap { $0 })
        #expect(course.phase == .ending(.finished, .button))
        #expect(Self.told(&course, [.deadline]) == ["capture second-press", "power-button", "confirm", "arm 60.0 s"])
        #expect(
            Self.told(&course, [.deadline]) == [
                "report macOS did not power off by its button: ending QEMU, its disks written", "quit", "arm 30.0 s",
            ])
        #expect(Self.told(&course, [.deadline]) == ["terminate", "arm 10.0 s"])
        #expect(Self.told(&course, [.ended(.exited(0))]).first == "complete installed")
    }

    @Test func keysAreSentAgain() {
        var course = Self.course([.start(after: .nothing), .ready])
        for attempt in 0..<24 { #expect(course.handle(.deadline).contains(.press(attempt: attempt))) }
        #expect(course.handle(.deadline).contains(.report(.failed(.noAnswer(attempts: 24)))))
    }

    @Test func aFirstWordThatIsLost() {
        let course = Self.course([.start(after: .nothing), .ready, .deadline, .mailbox(.erasing)])
        #expect(course.phase == .scripting(.erasing))
    }

    @Test func theRecoveryRestartsTooEarly() {
        let restart: [InstallationEvent] = [.shutdown(byGuest: true, reason: "guest-reset"), .ended(.exited(0))]
        let course = Self.course([.start(after: .nothing), .ready] + restart)
        #expect(course.phase == .starting(.recovery))
        #expect(
            Self.failure(after: [.start(after: .nothing), .ready] + restart + [.ready] + restart + [.ready, restart[0]])
                == .recoveryRestarts(3))
        // Unless macOS was nearly prepared: the last message may be missing.
        #expect(Self.course(Self.preparing + [.mailbox(.percent(97)), restart[0]]).phase == .ending(.prepared, .closing))
        #expect(Self.course(Self.preparing + [.mailbox(.percent(60)), restart[0]]).phase == .ending(.again, .closing))
    }

    @Test func eachFailure() {
        let running: [InstallationEvent] = [.start(after: .nothing), .ready]
        #expect(Self.failure(after: [.start(after: .nothing), .startFailed("no such file")]) == .notStarted("no such file"))
        #expect(Self.failure(after: [.start(after: .nothing), .ended(.exited(1))]) == .notStarted("it ended with exit status 1"))
        #expect(Self.failure(after: [.start(after: .nothing), .deadline]) == .notStarted("it did not answer for 120 s"))
        #expect(Self.failure(after: running + [.ended(.signalled(9))]) == .qemuEnded(.signalled(9)))
        #expect(Self.failure(after: running + [.panicked]) == .panic)
        #expect(Self.failure(after: running + [.shutdown(byGuest: true, reason: "guest-panic")]) == .panic)
        #expect(Self.failure(after: running + [.shutdown(byGuest: false, reason: "host-signal")]) == .endedFromOutside("host-signal"))
        #expect(Self.failure(after: running + [.shutdown(byGuest: true, reason: "guest-shutdown")]) == .poweredOff(.recovery))
        #expect(Self.failure(after: running + [.connectionLost("gone"), .deadline]) == .connectionLost("gone"))
        #expect(Self.failure(after: running + [.diskError(noSpace: true, reason: "full")]) == .noSpace)
        #expect(Self.failure(after: running + [.diskError(noSpace: false, reason: "I/O error")]) == .disk("I/O error"))
        let hello = ScriptMessage.hello(version: "15.6", build: "24G84")
        #expect(
            Self.failure(after: running + [.deadline, .mailbox(hello)], build: "24G90") == .otherBuild(found: "24G84", expected: "24G90"))
        #expect(Self.failure(after: running + [.deadline, .mailbox(hello)], build: "24G84") == nil)
        #expect(Self.failure(after: Self.preparing + [.mailbox(.failed(.noSpace, "x"))]) == .script(.noSpace, "x"))
        #expect(Self.failure(after: Self.preparing + [.deadline]) == .silence(.prepare, seconds: 300))
        #expect(Self.failure(after: Self.preparing + Array(repeating: .mailbox(.alive), count: 121)) == .stuck(percent: 0))
        #expect(Self.failure(after: Self.preparing + Array(repeating: .mailbox(.percent(3)), count: 122)) == .stuck(percent: 3))
        let many = (0..<601).map { InstallationEvent.mailbox(.percent(Double($0 % 7))) }
        #expect(Self.failure(after: Self.preparing + many) == .stuck(percent: 0))
        #expect(Self.failure(after: Self.installing + Array(repeating: .reset(byGuest: true), count: 12)) == .restartsWithoutEnd(13))
        let looks = Array(repeating: [InstallationEvent.deadline, .written(1 << 30)], count: 150).flatMap { $0 }
        let late = Self.installing + [.reset(byGuest: true)]
        #expect(Self.failure(after: late + looks) == .neverQuiet(150))
        #expect(Self.failure(after: late + looks, provisioned: true) == .neverPoweredOff(150))
        #expect(Self.failure(after: Self.installing + looks) == .tooFewRestarts(1, of: 2))
        #expect(Self.failure(after: Self.installing + [.shutdown(byGuest: true, reason: "guest-shutdown")]) == .poweredOff(.install))
        let done = Self.installing + [.reset(byGuest: true), .shutdown(byGuest: true, reason: "guest-shutdown"), .ended(.exited(0))]
        #expect(Self.failure(after: done + [.verified(objection: "no APFS")]) == .verification("no APFS"))
        #expect(Self.failure(after: done + [.verified(objection: nil), .published(objection: "full")]) == .publication("full"))
        // While QEMU closes the disks.
        let closing = Self.preparing + [.mailbox(.restarting), .shutdown(byGuest: true, reason: "guest-reset")]
        #expect(Self.failure(after: closing + [.ended(.signalled(11))]) == .qemuEnded(.signalled(11)))
        #expect(Self.failure(after: closing + [.diskError(noSpace: true, reason: "")]) == .noSpace)
    }

    @Test func anInterruption() {
        var early = Self.course([.start(after: .nothing), .signal])
        #expect(early.phase == .ending(.interrupted, .terminate))
        #expect(early.handle(.ended(.signalled(15))).last == .finish(.interrupted))
        var course = Self.course(Self.installing + [.signal])
        #expect(course.phase == .ending(.interrupted, .quit))
        #expect(course.handle(.signal) == [.terminate, .arm(seconds: 10)])
        #expect(course.handle(.ended(.exited(0))).last == .finish(.interrupted))
        // What was completed counts.
        var closing = Self.course(Self.preparing + [.mailbox(.restarting), .shutdown(byGuest: true, reason: "guest-reset"), .signal])
        #expect(closing.handle(.ended(.exited(0))) == [.complete(.prepared), .disarm, .finish(.interrupted)])
        var verifying = Self.course([.start(after: .installed), .signal])
        #expect(verifying.phase == .verifying)
        #expect(verifying.handle(.verified(objection: "interrupted")).last == .finish(.interrupted))
        var publishing = Self.course([.start(after: .verified), .signal])
        #expect(publishing.handle(.published(objection: nil)).last == .finish(.done))
        var new = Installation(Installation.Subject())
        #expect(new.handle(.signal).last == .finish(.interrupted))
    }

    /// After the last restart macOS may be ready: it is installed when its disk is quiet, and no further restart is waited for.
    @Test func resumingAfterTheLastRestart() {
        var first = Self.course(Self.installing)
        #expect(first.handle(.reset(byGuest: true)).first == .complete(.restarted))
        let quiet = Array(repeating: [InstallationEvent.deadline, .written(0)], count: 15).flatMap { $0 }
        #expect(Self.course([.start(after: .restarted), .ready] + quiet).phase == .ending(.finished, .button))
        // It powered itself off, or it is provisioned and has done so before.
        #expect(
            Self.course([.start(after: .restarted), .ready, .shutdown(byGuest: true, reason: "guest-shutdown")]).phase
                == .ending(.finished, .closing))
        var provisioned = Installation(Installation.Subject(isProvisioned: true))
        for event in [.start(after: .restarted), .ready] + quiet { _ = provisioned.handle(event) }
        #expect(provisioned.phase == .ending(.finished, .button))
        // Before that, a quiet disk is none.
        let looks = Array(repeating: [InstallationEvent.deadline, .written(0)], count: 150).flatMap { $0 }
        #expect(Self.failure(after: [.start(after: .prepared), .ready] + looks) == .tooFewRestarts(1, of: 2))
    }

    @Test func aKilledQemuIsNoCleanEnd() {
        let closing = Self.preparing + [.mailbox(.restarting), .shutdown(byGuest: true, reason: "guest-reset")]
        let stages = Array(repeating: InstallationEvent.deadline, count: 3)
        #expect(Self.failure(after: closing + stages + [.ended(.signalled(9))]) == .qemuEnded(.signalled(9)))
    }

    @Test func resuming() {
        #expect(Self.course([.start(after: .prepared)]).phase == .starting(.system))
        #expect(Self.course([.start(after: .installed)]).phase == .verifying)
        #expect(Self.course([.start(after: .verified)]).phase == .publishing)
        // The restart that came before is the first one.
        let resumed = Self.course([
            .start(after: .prepared), .ready, .reset(byGuest: true), .shutdown(byGuest: true, reason: "guest-shutdown"),
        ])
        #expect(resumed.phase == .ending(.finished, .closing))
    }
}
