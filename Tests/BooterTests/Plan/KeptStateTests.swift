import Foundation
import Lifecycle
import LinuxSupport
import QMP
import Testing

@testable import BootSettings
@testable import Booter

/// What outlives a run: what the plan does about it, and its files.
struct KeptStateTests {
    private static func state(problem: String? = nil, free: Int = 1 << 30, hasVariables: Bool = false) -> StateFacts {
        StateFacts(problem: problem, free: free, hasVariables: hasVariables, isInMemory: false)
    }

    @Test func theFirstStartKeepsTheIdentity() {
        let plan = Sample.plan { $0.files.state = Self.state() }
        let kept = plan.steps.compactMap { step -> (String, String)? in
            if case .keepFile(let path, let text) = step { (path, text) } else { nil }
        }
        #expect(kept.map(\.0) == ["/var/lib/macos-virt/identity.json"])
        let identity = kept.first.flatMap { KeptIdentity(parsing: Array($0.1.utf8)) }
        #expect(identity == KeptIdentity(seed: "3d1d1a52-4a2c-4d5e-8f00-0123456789ab", source: "the machine's product UUID"))

        // On another machine it is the same guest, and nothing is written again.
        let moved = Sample.plan {
            $0.files.state = Self.state()
            $0.identity = IdentityFacts(machineID: nil, productUUID: "11d1d1a5-4a2c-4d5e-8f00-0123456789ab", kept: identity?.seed)
        }
        #expect(moved.guest?.uuid == plan.guest?.uuid && moved.guest?.mac == plan.guest?.mac && moved.guest?.uuid != nil)
        #expect(!moved.steps.contains { if case .keepFile = $0 { true } else { false } })
        #expect(moved.decision("UUID")?.reason.contains("an earlier start has kept") == true)
    }

    /// What the configuration says is kept there; no identity at all is not worth keeping.
    @Test func whatIsNotKept() {
        let configured = Sample.plan(.with { $0.guest.identity = "a" }) { $0.files.state = Self.state() }
        let none = Sample.plan {
            $0.files.state = Self.state()
            $0.identity = IdentityFacts(machineID: nil, productUUID: nil)
        }
        for plan in [configured, none] { #expect(!plan.steps.contains { if case .keepFile = $0 { true } else { false } }) }
    }

    @Test func aDirectoryThatCannotKeepAnything() {
        let problems = [
            (Self.state(problem: "is on a read-only file system"), "is on a read-only file system", false),
            (Self.state(problem: "is on a read-only file system", hasVariables: true), "is on a read-only file system", false),
            (Self.state(free: 100 << 10), "has 100 KiB free, and they take 528", true),
        ]
        for (state, words, keepsIdentity) in problems {
            let plan = Sample.plan { $0.files.state = state }
            #expect(plan.refusal == nil)
            #expect(plan.warnings.contains { $0.contains("will not be kept: /var/lib/macos-virt \(words)") }, "\(plan.warnings)")
            #expect(plan.qemu?.argv.contains { $0.contains("/run/macos-virt/nvram.fd") } == true)
            #expect(plan.qemu?.argv.contains { $0.contains("/var/lib/macos-virt") } == false)
            let copies = plan.steps.filter { if case .copyForRun = $0 { true } else { false } }
            #expect(
                copies == [
                    .copyForRun(
                        from: "/var/lib/macos-virt/nvram.fd", template: "/ovmf/vars.fd", to: "/run/macos-virt/nvram.fd",
                        owner: UserFact(uid: 65533, gid: 65533))
                ])
            #expect(plan.steps.contains { if case .keepFile = $0 { true } else { false } } == keepsIdentity)
            #expect(
                plan.steps.contains { if case .makeDirectory("/var/lib/macos-virt", _, _) = $0 { true } else { false } } == keepsIdentity)
        }
        // Variables that are there already take no more space.
        let full = Sample.plan { $0.files.state = Self.state(free: 0, hasVariables: true) }
        #expect(full.qemu?.argv.contains { $0.contains("/var/lib/macos-virt/nvram.fd") } == true)
    }

    @Test(arguments: [
        "", "{", "{}", "{\"seed\":1,\"source\":\"a\"}", "{\"seed\":\"\",\"source\":\"a\"}", "{\"seed\":\"a\\nb\",\"source\":\"a\"}",
    ])
    func whatIsNoIdentity(text: String) {
        #expect(KeptIdentity(parsing: Array(text.utf8)) == nil)
    }

    @Test func whereStateIsReadOnlyOrMissing() throws {
        let directory = FileManager.default.temporaryDirectory.appending(path: "state-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: directory) }
        var state = Configuration.State()
        state.nvram = directory + "/a/b/nvram.fd"
        let facts = StateFacts(of: state)
        #expect(facts.problem == nil && !facts.hasVariables && facts.free > 0)
        state.nvram = "/dev/null/nvram.fd"
        #expect(StateFacts(of: state).problem == "cannot be made: /dev/null is no directory")
    }

    @Test func theRecordIsReadAsItWasWritten() throws {
        let directory = FileManager.default.temporaryDirectory.appending(path: "state-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: directory) }
        let file = LastStopFile(path: directory + "/last-stop.json")
        #expect(file.read() == nil)
        let cut = LastStop(began: 1_795_751_405)
        let stages: [LifecycleStage?] = [nil, .button, .secondPress, .quit, .terminate, .kill]
        let ends = stages.map {
            LastStop(
                began: 1_795_751_405,
                end: .init(time: 1_795_751_500, stage: $0, exitCode: 82, reason: "a \"b\"\n\u{1b}", seconds: 95, starts: 2))
        }
        for stop in [cut] + ends {
            try file.write(stop)
            #expect(file.read() == stop)
        }
        #expect(cut.description == "it began at 2026-11-27 03:50:05 UTC and was cut off: nobody shut the guest down")
        #expect(ends[3].description.hasPrefix("it ended at 2026-11-27 03:51:40 UTC, after 95 s and 2 starts: a \"b\""))
        #expect(ends[3].description.hasSuffix(", after QEMU's quit command, exit code 82"))
        #expect(!ends[3].description.contains("\u{1b}"))
        for rubbish in ["", "\0\0\0", "[]", "{\"began\":\"now\"}"] {
            try rubbish.write(toFile: file.path, atomically: false, encoding: .utf8)
            #expect(file.read() == nil)
        }
    }
}
