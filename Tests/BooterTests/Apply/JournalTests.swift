import Diagnostics
import Foundation
import Glibc
import NetSetup
import NetworkValues
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
    /// The journal's own entries: it made both directories.
    var own: [Undo] { [.removeDirectory(machine.directory.path + "/a"), .removeDirectory(directory), .removeFile(file)] }

    init() throws { machine = try ScratchMachine() }

    /// An earlier run with these entries, which ended without undoing them.
    func leave(_ entries: [Undo]) throws {
        var journal = try Journal.open(directory: directory)
        try journal.begin()
        for entry in entries { try journal.record(entry) }
    }

    func entries() throws -> [Undo] {
        let journal = try Journal.open(directory: directory)
        return journal.entries
    }

    func lines() throws -> [String] { try String(contentsOfFile: file, encoding: .utf8).split(separator: "\n").map(String.init) }
}

private let (a, b, c) = (Undo.removeFile("/x/a"), Undo.restoreSysctl(path: "net/b", value: "0"), Undo.removeTable("c"))

struct JournalTests {
    @Test func undoesInReverseAndItselfLast() throws {
        let scratch = try Scratch()
        var journal = try Journal.open(directory: scratch.directory)
        try journal.begin()
        for undo in [a, b, c] { try journal.record(undo) }
        let recorder = Recorder()
        let left = journal.unwind(by: recorder.undo)
        let isEmpty = journal.isEmpty
        #expect(left.isEmpty && isEmpty)
        #expect(recorder.undone == (scratch.own + [a, b, c]).reversed())
    }

    @Test func theRealOneLeavesNothing() throws {
        let scratch = try Scratch()
        let path = scratch.directory + "/file"
        var journal = try Journal.open(directory: scratch.directory)
        try journal.begin()
        try journal.record(.removeFile(path))
        try Data([1]).write(to: URL(fileURLWithPath: path))
        #expect(journal.unwind() == [])
        #expect(!FileManager.default.fileExists(atPath: scratch.machine.directory.path + "/a"))
        #expect(FileManager.default.fileExists(atPath: scratch.machine.directory.path))
    }

    @Test func theSameEntryIsWrittenOnce() throws {
        let scratch = try Scratch()
        try scratch.leave([a, b, a, a])
        #expect(try scratch.entries() == scratch.own + [a, b])
    }

    @Test func everyKindOfEntrySurvives() throws {
        let scratch = try Scratch()
        let all: [Undo] = [
            .removeTable("t"), .deleteLink(.tap0), .deleteRule4(try #require(IPv4Network("10.1.0.0/16"))),
            .deleteRule6(try #require(IPv6Network("fd00:1::/64"))), .restoreSysctl(path: "a/b", value: "x y\n\"z\""),
            .stopDnsmasq(pidFile: "/p", configuration: "/c"), .removeFile("/f\n"), .removeDirectory("/d"), .restoreHugepages(pages: 5),
            .restoreModuleParameter(module: "kvm", parameter: "ignore_msrs", value: "N"),
        ]
        try scratch.leave(all)
        #expect(try scratch.entries() == scratch.own + all)
        #expect(Set(all.map(\.title)).count == all.count)
    }

    @Test func goesOnPastFailuresAndKeepsThem() throws {
        let scratch = try Scratch()
        try scratch.leave([a, b, c])
        var journal = try Journal.open(directory: scratch.directory)
        let recorder = Recorder(refusing: [b])
        let left = journal.unwind(by: recorder.undo)
        #expect(left == ["restore sysctl net/b=0: refused"])
        // All three were tried; the journal itself was not removed, for there is something to remember.
        #expect(recorder.undone == [c, b, a])
        let kept = journal.entries
        #expect(kept == scratch.own + [b])
    }

    /// The second try, by another process: nothing may be lost on the way, not even the directories.
    @Test func whatWasKeptIsUndoneLater() throws {
        let scratch = try Scratch()
        try scratch.leave([a, b, c])
        do {
            var journal = try Journal.open(directory: scratch.directory)
            _ = journal.unwind(by: Recorder(refusing: [b, a]).undo)
        }
        #expect(try scratch.entries() == scratch.own + [a, b])
        var journal = try Journal.open(directory: scratch.directory)
        let recorder = Recorder()
        #expect(journal.unwind(by: recorder.undo) == [])
        #expect(recorder.undone == (scratch.own + [a, b]).reversed())
    }

    @Test func anEarlierStageIsLeftAlone() throws {
        let scratch = try Scratch()
        try scratch.leave([a])
        do {
            var journal = try Journal.open(directory: scratch.directory)
            let earlier = journal.entries.count
            for undo in [b, c] { try journal.record(undo) }
            let recorder = Recorder()
            #expect(journal.unwind(after: earlier, by: recorder.undo) == [])
            #expect(recorder.undone == [c, b])
        }
        #expect(try scratch.entries() == scratch.own + [a])
        // One that fails there stays in its place behind the earlier ones.
        do {
            var journal = try Journal.open(directory: scratch.directory)
            let earlier = journal.entries.count
            for undo in [b, c] { try journal.record(undo) }
            #expect(journal.unwind(after: earlier, by: Recorder(refusing: [b, c]).undo).count == 2)
        }
        #expect(try scratch.entries() == scratch.own + [a, b, c])
    }

    @Test(arguments: [0, 1, 3, 4, 100])
    func keepingMoreThanThereIs(first: Int) throws {
        let scratch = try Scratch()
        try scratch.leave([a])
        var journal = try Journal.open(directory: scratch.directory)
        let recorder = Recorder()
        #expect(journal.unwind(after: first, by: recorder.undo) == [])
        let kept = journal.entries
        switch first {
        case 0: #expect(kept.isEmpty && recorder.undone.count == 4)
        case 1...3: #expect(kept == scratch.own && recorder.undone == [a])
        default: #expect(kept == scratch.own + [a] && recorder.undone.isEmpty)
        }
    }

    @Test func freshUndoesTheEarlierRun() throws {
        let scratch = try Scratch()
        try scratch.leave([a, b])
        let recorder = Recorder(really: scratch.own)
        let journal = try Journal.fresh(directory: scratch.directory, by: recorder.undo)
        let isStale = journal.undidEarlierRun
        #expect(isStale, "what was read of the machine before is no longer true")
        #expect(recorder.undone == (scratch.own + [a, b]).reversed())
        let entries = journal.entries
        #expect(entries == scratch.own)
    }

    @Test func freshRefusesToForget() throws {
        let scratch = try Scratch()
        try scratch.leave([a, b])
        #expect {
            _ = try Journal.fresh(directory: scratch.directory, by: Recorder(refusing: [a]).undo).isEmpty
        } throws: { error in
            (error as? OperationError).map { $0.exitCode == 71 && $0.cause == "remove /x/a: refused" } ?? false
        }
        #expect(try scratch.entries() == scratch.own + [a])
    }

    /// QEMU's number is that of the process that took the journal over last, however many stages there were.
    @Test func theHeaderNamesWhoHoldsIt() throws {
        let scratch = try Scratch()
        try scratch.leave([a])
        var lines = try scratch.lines()
        #expect(lines[0] == #"{"pid":\#(ProcessInfo.processInfo.processIdentifier)}"#)
        lines[0] = #"{"pid":1}"#
        try (lines.joined(separator: "\n") + "\n").write(toFile: scratch.file, atomically: false, encoding: .utf8)
        _ = try scratch.entries()
        #expect(try scratch.lines()[0] == #"{"pid":\#(ProcessInfo.processInfo.processIdentifier)}"#)
    }

    /// Exec puts QEMU's descriptors at 10 to 25, whatever is there.
    @Test func theDescriptorIsOutOfTheWay() throws {
        let scratch = try Scratch()
        let journal = try Journal.open(directory: scratch.directory)
        let numbers = try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").filter {
            (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/fd/" + $0)) == scratch.file
        }
        #expect(numbers.count == 1 && numbers.allSatisfy { Int($0) ?? 0 >= 64 })
        let isEmpty = journal.isEmpty
        #expect(isEmpty)
    }

    @Test(arguments: [
        ("{}\n", "{}"), ("nonsense\n", "nonsense"), ("{\"pid\":1}\n{\"removeFile\":{\"_0\":\"/a\"}}\nhalf a li", "half a li"),
        ("{\"pid\":1}\n{\"launchMissiles\":{}}\n", "{\"launchMissiles\":{}}"), ("{\"pid\":\"x\"}\n", "{\"pid\":\"x\"}"),
        ("\u{0}\u{0}\n", "\u{0}\u{0}"),
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
    /// Runs flock(1) on the journal until the body is done; the journal says that `holder` has it.
    private func holding(_ scratch: Scratch, as command: String, _ body: (OperationError?) -> Void) throws {
        let sleep = Process()
        sleep.executableURL = URL(fileURLWithPath: scratch.machine.directory.path + "/" + command)
        // The kernel names a process after the path that was executed, link or not.
        try scratch.machine.symlink("/" + command, to: "/bin/sleep")
        sleep.arguments = ["60"]
        try sleep.run()
        defer {
            // By force: the test's threads block the other signals, and so do their children.
            kill(sleep.processIdentifier, SIGKILL)
            sleep.waitUntilExit()
        }
        try scratch.machine.write("{\"pid\":\(sleep.processIdentifier)}\n", to: "/a/run/journal")

        let (holder, input, output) = (Process(), Pipe(), Pipe())
        holder.executableURL = URL(fileURLWithPath: "/usr/bin/flock")
        holder.arguments = [scratch.file, "sh", "-c", "echo held; cat"]
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
            body(error)
        }
        #expect(try String(contentsOfFile: scratch.file, encoding: .utf8) == "{\"pid\":\(sleep.processIdentifier)}\n")
    }

    private static let hasFlock = FileManager.default.isExecutableFile(atPath: "/usr/bin/flock")

    @Test(
        .enabled(if: hasFlock, "needs flock of util-linux"),
        arguments: [("qemu-system-x86", "a guest is running"), ("boot", "another boot is at work")])
    func theHolderIsNamed(command: String, words: String) throws {
        let scratch = try Scratch()
        try holding(scratch, as: command) { error in
            #expect(error?.exitCode == 75)
            #expect(error?.object == scratch.file)
            #expect(error?.cause.hasPrefix(words + ", process ") == true, "\(error.debugDescription)")
        }
        // And when it ends, it is free.
        #expect(try scratch.entries() == [])
    }

    /// Two ends of one lock: only one of many takes a journal, whoever removes it meanwhile.
    @Test func oneAtATime() throws {
        let scratch = try Scratch()
        for _ in 0..<50 {
            var first = try Journal.open(directory: scratch.directory)
            try first.begin()
            #expect(throws: OperationError.self) { _ = try Journal.open(directory: scratch.directory).isEmpty }
            #expect(first.unwind() == [])
        }
    }
}
