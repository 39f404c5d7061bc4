import Diagnostics
import Foundation
import Glibc
import NetSetup
import NetworkValues
import TestSupport
import Testing

@testable import Booter

/// Remembers what it was asked to undo, and refuses some of it.
final class Recorder {
    private(set) var undone: [Undo] = []
    private let refused: [Undo]
    /// Really carried out.
    private let real: [Undo]

    init(refusing refused: [Undo] = [], really real: [Undo] = []) {
        self.refused = refused
        self.real = real
    }

    func undo(_ undo: Undo) throws {
        undone.append(undo)
        if refused.contains(undo) { throw Refusal() }
        if real.contains(undo) { try undo.perform() }
    }

    struct Refusal: Error, CustomStringConvertible { var description: String { "refused" } }
}

/// A directory for one journal.
private struct Scratch {
    let machine: ScratchMachine
    var directory: String { machine.directory.path + "/a/run" }
    var file: String { directory + "/journal" }
    /// Three that a run can record.
    var a: Undo { .removeFile(directory + "/a") }
    let b = Undo.restoreSysctl(path: "net/ipv4/ip_forward", value: "0")
    let c = Undo.removeTable(NATRules.standardTable)
    var isGone: Bool {
        !FileManager.default.fileExists(atPath: machine.directory.path + "/a")
            && FileManager.default.fileExists(atPath: machine.directory.path)
    }

    init() throws { machine = try ScratchMachine() }

    /// An earlier run with these entries, which ended without undoing them.
    func leave(_ entries: [Undo]) throws {
        var journal = try Journal.open(directory: directory)
        for entry in entries { try journal.record(entry) }
    }

    func entries() throws -> [Undo] {
        let journal = try Journal.open(directory: directory)
        return journal.entries
    }

    func lines() throws -> [String] { try String(contentsOfFile: file, encoding: .utf8).split(separator: "\n").map(String.init) }
}

struct JournalTests {
    @Test func undoesInReverseAndItselfLast() throws {
        let scratch = try Scratch()
        let (a, b, c) = (scratch.a, scratch.b, scratch.c)
        var journal = try Journal.open(directory: scratch.directory)
        for undo in [a, b, c] { try journal.record(undo) }
        let recorder = Recorder()
        let left = journal.unwind(by: recorder.undo)
        let isEmpty = journal.isEmpty
        #expect(left.isEmpty && isEmpty && scratch.isGone)
        #expect(recorder.undone == [c, b, a])
    }

    @Test func theRealOneLeavesNothing() throws {
        let scratch = try Scratch()
        let path = scratch.directory + "/file"
        var journal = try Journal.open(directory: scratch.directory)
        try journal.record(.removeFile(path))
        try Data([1]).write(to: URL(fileURLWithPath: path))
        #expect(journal.unwind() == [])
        #expect(!FileManager.default.fileExists(atPath: scratch.machine.directory.path + "/a"))
        #expect(FileManager.default.fileExists(atPath: scratch.machine.directory.path))
    }

    @Test func theSameEntryIsWrittenOnce() throws {
        let scratch = try Scratch()
        let (a, b) = (scratch.a, scratch.b)
        try scratch.leave([a, b, a, a])
        #expect(try scratch.entries() == [a, b])
    }

    @Test func everyKindOfEntrySurvives() throws {
        let scratch = try Scratch()
        let all: [Undo] = [
            .removeTable("macos_virt"), .deleteLink(.tap0), .deleteRule4(try #require(IPv4Network("10.1.0.0/16"))),
            .deleteRule6(try #require(IPv6Network("fd00:1::/64"))), .restoreSysctl(path: "net/ipv6/conf/eth0.1/accept_ra", value: "-1"),
            .stopDnsmasq(binary: "/p \"\\", configuration: scratch.directory + "/dnsmasq.conf"), .removeFile(scratch.directory + "/f\n"),
            .removeFile("/dev/kvm"), .removeDirectory("/d"), .removeDraft(of: "/n/nvram.fd"), .removeSocket("/s"),
            .restoreHugepages(pages: 5),
            .restoreModuleParameter(module: "kvm", parameter: "ignore_msrs", value: "N"),
        ]
        try scratch.leave(all)
        #expect(try scratch.entries() == all)
        #expect(Set(all.map(\.title)).count == all.count)
    }

    @Test func goesOnPastFailuresAndKeepsThem() throws {
        let scratch = try Scratch()
        let (a, b, c) = (scratch.a, scratch.b, scratch.c)
        try scratch.leave([a, b, c])
        var journal = try Journal.open(directory: scratch.directory)
        let recorder = Recorder(refusing: [b])
        let left = journal.unwind(by: recorder.undo)
        #expect(left == ["restore sysctl net/ipv4/ip_forward=0: refused"])
        // All three were tried; the journal itself was not removed, for there is something to remember.
        #expect(recorder.undone == [c, b, a])
        let kept = journal.entries
        #expect(kept == [b])
    }

    /// The second try, by another process: nothing may be lost on the way, not even the directories.
    @Test func whatWasKeptIsUndoneLater() throws {
        let scratch = try Scratch()
        let (a, b, c) = (scratch.a, scratch.b, scratch.c)
        try scratch.leave([a, b, c])
        do {
            var journal = try Journal.open(directory: scratch.directory)
            _ = journal.unwind(by: Recorder(refusing: [b, a]).undo)
        }
        #expect(try scratch.entries() == [a, b])
        var journal = try Journal.open(directory: scratch.directory)
        let recorder = Recorder()
        #expect(journal.unwind(by: recorder.undo) == [])
        #expect(recorder.undone == [b, a])
    }

    @Test func anEarlierStageIsLeftAlone() throws {
        let scratch = try Scratch()
        let (a, b, c) = (scratch.a, scratch.b, scratch.c)
        try scratch.leave([a])
        do {
            var journal = try Journal.open(directory: scratch.directory)
            let earlier = journal.entries.count
            for undo in [b, c] { try journal.record(undo) }
            let recorder = Recorder()
            #expect(journal.unwind(after: earlier, by: recorder.undo) == [])
            #expect(recorder.undone == [c, b])
        }
        #expect(try scratch.entries() == [a])
        // One that fails there stays in its place behind the earlier ones.
        do {
            var journal = try Journal.open(directory: scratch.directory)
            let earlier = journal.entries.count
            for undo in [b, c] { try journal.record(undo) }
            #expect(journal.unwind(after: earlier, by: Recorder(refusing: [b, c]).undo).count == 2)
        }
        #expect(try scratch.entries() == [a, b, c])
    }

    @Test(arguments: [0, 1, 3, 4, 100])
    func keepingMoreThanThereIs(first: Int) throws {
        let scratch = try Scratch()
        let a = scratch.a
        try scratch.leave([a])
        var journal = try Journal.open(directory: scratch.directory)
        let recorder = Recorder()
        #expect(journal.unwind(after: first, by: recorder.undo) == [])
        let kept = journal.entries
        switch first {
        case 0: #expect(kept.isEmpty && recorder.undone == [a] && scratch.isGone)
        default: #expect(kept == [a] && recorder.undone.isEmpty)
        }
    }

    @Test func freshUndoesTheEarlierRun() throws {
        let scratch = try Scratch()
        let (a, b) = (scratch.a, scratch.b)
        try scratch.leave([a, b])
        let recorder = Recorder()
        let journal = try Journal.fresh(directory: scratch.directory, by: recorder.undo)
        let isStale = journal.undidEarlierRun
        #expect(isStale, "what was read of the machine before is no longer true")
        #expect(recorder.undone == [b, a])
        let entries = journal.entries
        #expect(entries == [])
    }

    @Test func freshRefusesToForget() throws {
        let scratch = try Scratch()
        let (a, b) = (scratch.a, scratch.b)
        try scratch.leave([a, b])
        #expect {
            _ = try Journal.fresh(directory: scratch.directory, by: Recorder(refusing: [a]).undo).isEmpty
        } throws: { error in
            (error as? OperationError).map { $0.exitCode == 71 && $0.cause == "remove \(scratch.directory)/a: refused" } ?? false
        }
        #expect(try scratch.entries() == [a])
    }

    /// Exec puts QEMU's descriptors at 10 to 25, whatever is there.
    @Test func theDescriptorsAreOutOfTheWay() throws {
        let scratch = try Scratch()
        var journal = try Journal.open(directory: scratch.directory)
        let isEmpty = journal.isEmpty
        #expect(isEmpty)
        try journal.record(scratch.a)
        for (file, lowest) in [(scratch.directory + "/lock", 64), (scratch.file, 80)] {
            let numbers = try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").filter {
                (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/fd/" + $0)) == file
            }
            #expect(numbers.count == 1 && numbers.allSatisfy { Int($0) ?? 0 >= lowest }, "\(file)")
        }
        #expect(journal.unwind(by: { _ in }) == [])
    }

    /// Whatever is cut off: the complete lines count, and the next record does not continue the torn one.
    @Test func aTornLastLineIsHarmless() throws {
        let scratch = try Scratch()
        let whole = "\(scratch.a.line)\n\(scratch.b.line)\n"
        let torn = "\(scratch.c.line)\n"
        for count in 0..<torn.utf8.count {
            try scratch.machine.write(whole + String(torn.prefix(count)), to: "/a/run/journal")
            var journal = try Journal.open(directory: scratch.directory)
            let entries = journal.entries
            #expect(entries == [scratch.a, scratch.b], "\(count) characters of it")
            try journal.record(.deleteLink(.tap0))
            #expect(try scratch.lines() == [scratch.a.line, scratch.b.line, Undo.deleteLink(.tap0).line])
        }
    }

    /// A journal that somebody else wrote must not make root do anything that no run does.
    @Test(arguments: [
        Undo.removeTable("filter"), .restoreSysctl(path: "kernel/core_pattern", value: "0"),
        .restoreSysctl(path: "net/ipv4/conf/../../../kernel/x", value: "0"), .restoreSysctl(path: "net/ipv4/ip_forward", value: "|/bin/sh"),
        .restoreSysctl(path: "net/ipv4/conf/eth0/route_localnet", value: "1"), .stopDnsmasq(binary: "/bin/sh", configuration: "/etc/x"),
        .removeFile("/etc/shadow"), .removeFile("/a/run"), .removeDraft(of: "etc/x"), .removeSocket("/run/../x"), .removeDirectory("x"),
        .restoreHugepages(pages: -1), .restoreModuleParameter(module: "kvm", parameter: "ignore_msrs", value: "\n"),
        .restoreModuleParameter(module: "kernel", parameter: "sysrq", value: "1"),
    ])
    func onlyWhatARunRecordsIsCarriedOut(undo: Undo) throws {
        let scratch = try Scratch()
        try scratch.machine.write(undo.line + "\n", to: "/a/run/journal")
        #expect { _ = try scratch.entries() } throws: { ($0 as? OperationError)?.exitCode == 70 }
        try FileManager.default.removeItem(atPath: scratch.file)
        var journal = try Journal.open(directory: scratch.directory)
        #expect(throws: OperationError.self) { try journal.record(undo) }
        let outside = Undo.removeFile(scratch.directory + "/../../x")
        #expect(throws: OperationError.self) { try journal.record(outside) }
        let isEmpty = journal.isEmpty
        #expect(isEmpty)
    }

    /// Random lines and damaged ones: an error or a list, never a trap, and never more than a run can record.
    @Test func damagedJournals() throws {
        var random = SplitMix64(seed: 11)
        let lines = [
            Undo.removeTable("macos_virt"), .deleteLink(.tap0), .restoreSysctl(path: "net/ipv4/ip_forward", value: "0"),
            .stopDnsmasq(binary: "/usr/sbin/dnsmasq", configuration: "/run/m/dnsmasq.conf"), .removeFile("/run/m/a"),
            .removeDirectory("/run/m"), .restoreHugepages(pages: 7),
        ].map(\.line)
        for _ in 0..<20_000 {
            let count = Int.random(in: 0...5, using: &random)
            var bytes = Array((0..<count).map { _ in (lines.randomElement(using: &random) ?? "") + "\n" }.joined().utf8)
            if Bool.random(using: &random) { bytes = random.mutated(bytes) }
            let text = String(decoding: bytes, as: UTF8.self)
            guard let (entries, length) = try? Journal.parse(text, path: "/j", run: "/run/m") else { continue }
            #expect(entries.allSatisfy { $0.isOurs(run: "/run/m") } && length <= text.utf8.count)
        }
    }

    @Test(arguments: [
        ("{}\n", "{}"), ("nonsense\n", "nonsense"), ("{\"removeTable\":{\"_0\":\"macos_virt\"}}\nhalf a li\n", "half a li"),
        ("{\"removeTable\":{\"_0\":\"macos_virt\"}}\n{\"launchMissiles\":{}}\n", "{\"launchMissiles\":{}}"),
        ("{\"pid\":\"x\"}\n", "{\"pid\":\"x\"}"),
        ("\u{0}\u{0}\n", "??"),
    ])
    func aCorruptLineIsShown(text: String, line: String) throws {
        let scratch = try Scratch()
        try scratch.machine.write(text, to: "/a/run/journal")
        #expect {
            _ = try scratch.entries()
        } throws: { error in
            (error as? OperationError).map {
                $0.exitCode == 70 && $0.cause == "boot did not write this line: \(line)" && $0.remedy?.hasPrefix("remove the file") == true
            } ?? false
        }
        // It was not touched.
        #expect(try String(contentsOfFile: scratch.file, encoding: .utf8) == text)
    }

    @Test func anEmptyFileIsAnEmptyJournal() throws {
        let scratch = try Scratch()
        try scratch.machine.write("", to: "/a/run/journal")
        #expect(try scratch.entries() == [])
        #expect(Journal.exists(directory: scratch.directory) && !Journal.exists(directory: scratch.directory + "/x"))
    }

    @Test(arguments: ["/proc/nothing", "/dev/null/run", "/proc/self/fd"])
    func aDirectoryThatCannotBeWritten(directory: String) throws {
        #expect {
            _ = try Journal.open(directory: directory).isEmpty
        } throws: { error in
            (error as? OperationError).map { $0.exitCode == 73 && $0.remedy?.contains("set state.run") == true } ?? false
        }
    }
}

/// The lock, held by processes of our own.
struct JournalLockTests {
    /// Holds the lock by a process named `command` until the body is done.
    private func holding(_ scratch: Scratch, as command: String, _ body: (OperationError?, pid_t) -> Void) throws {
        let (holder, input, output) = (Process(), Pipe(), Pipe())
        // The kernel names a process after the path that was executed, link or not.
        try scratch.machine.symlink("/" + command, to: "/usr/bin/flock")
        holder.executableURL = URL(fileURLWithPath: scratch.machine.directory.path + "/" + command)
        try scratch.machine.write("", to: "/a/run/lock")
        holder.arguments = [scratch.directory + "/lock", "sh", "-c", "echo held; cat"]
        (holder.standardInput, holder.standardOutput) = (input, output)
        try holder.run()
        defer {
            try? input.fileHandleForWriting.close()
            holder.waitUntilExit()
        }
        #expect(output.fileHandleForReading.availableData == Data("held\n".utf8))
        do {
            _ = try Journal.open(directory: scratch.directory).isEmpty
            Issue.record("the lock was taken twice")
        } catch {
            body(error, holder.processIdentifier)
        }
        let refusal = RunLock.refusal(directory: scratch.directory, network: "/nonexistent")
        body(refusal, holder.processIdentifier)
    }

    private static let hasFlock = FileManager.default.isExecutableFile(atPath: "/usr/bin/flock")

    @Test(
        .enabled(if: hasFlock, "needs flock of util-linux"),
        arguments: [("qemu-system-x86", "a guest is running"), ("boot", "another boot is at work")])
    func theHolderIsNamed(command: String, words: String) throws {
        let scratch = try Scratch()
        try holding(scratch, as: command) { error, holder in
            #expect(error?.exitCode == 75)
            #expect(error?.object == scratch.directory + "/lock")
            #expect(error?.cause == "\(words), process \(holder)", "\(error.debugDescription)")
        }
        #expect(RunLock.refusal(directory: scratch.directory, network: "/nonexistent") == nil)
        // And when it ends, it is free.
        #expect(try scratch.entries() == [])
    }

    /// Two ends of one lock: only one of many takes a journal, whoever removes it meanwhile.
    @Test func oneAtATime() throws {
        let scratch = try Scratch()
        for _ in 0..<50 {
            var first = try Journal.open(directory: scratch.directory)
            #expect(throws: OperationError.self) { _ = try Journal.open(directory: scratch.directory).isEmpty }
            #expect(first.unwind() == [])
        }
    }
}
