import Foundation
import Glibc
import SystemPackage
import Testing

@testable import LinuxVM

/// The built program with a real QEMU, whose machine finds nothing to start.
@Suite(.enabled(if: Program.macosVirt != nil && Program.qemu != nil, "needs the built macos-virt and qemu-system-x86_64"))
struct RunCommandTests {
    private let scratch: Scratch
    private let temporary: Scratch

    init() throws {
        (scratch, temporary) = (try Scratch(), try Scratch())
        for name in ["linux.img", "macos.img"] { try scratch.reserve(64 << 20, name) }
    }

    private var arguments: [String] {
        let path = scratch.path.string
        return [
            "run", "--linux", path + "/linux.img", "--macos", path + "/macos.img", "--firmware", "bios", "--accelerator", "emulation",
            "--memory", "2048", "--json", "--forward", "0:10022", "--forward", "0:15900", "--forward", "0:5900", "--set",
            "firmware.type=uefi",
        ]
    }

    /// A running `macos-virt run`, and what it said of itself.
    private func start(_ more: [String] = []) throws -> (process: Process, output: FileHandle, report: StartReport) {
        let process = Process()
        process.executableURL = URL(filePath: try #require(Program.macosVirt))
        process.arguments = arguments + more
        process.environment = ProcessInfo.processInfo.environment.merging(["TMPDIR": temporary.path.string]) { $1 }
        let pipe = Pipe()
        (process.standardInput, process.standardOutput) = (FileHandle.nullDevice, pipe)
        process.standardError = FileHandle.nullDevice
        try process.run()
        var line = Data()
        while !line.contains(UInt8(ascii: "\n")) {
            let more = pipe.fileHandleForReading.availableData
            if more.isEmpty { break }
            line += more
        }
        let report = try JSONDecoder().decode(StartReport.self, from: line.prefix { $0 != UInt8(ascii: "\n") })
        return (process, pipe.fileHandleForReading, report)
    }

    private func isAlive(_ pid: Int32) -> Bool {
        // A process that nobody has waited for is no longer one.
        guard let status = try? String(contentsOfFile: "/proc/\(pid)/status", encoding: .utf8) else { return false }
        return !status.contains("State:\tZ")
    }

    private func wait(_ seconds: Double = 20, _ condition: () -> Bool) -> Bool {
        let deadline = Date(timeIntervalSinceNow: seconds)
        while !condition() {
            if Date() > deadline { return false }
            usleep(20_000)
        }
        return true
    }

    /// The power button is pressed first; a guest that is not there does not answer it; the second signal ends all.
    @Test func twoSignalsEndItAndLeaveNothing() throws {
        let (process, _, report) = try start()
        let pid = try #require(report.pid)
        #expect(isAlive(pid) && report.accelerator == .emulation && report.vcpus == 1 && report.ports.count == 3)
        #expect(
            try String(contentsOfFile: "/proc/\(pid)/cmdline", encoding: .utf8).split(separator: "\0").map { String($0) } == report.argv)
        #expect(temporary.names.count { $0.hasPrefix(".macos-virt-draft") } == 1)
        kill(process.processIdentifier, SIGTERM)
        usleep(1_000_000)
        #expect(isAlive(pid))
        kill(process.processIdentifier, SIGINT)
        process.waitUntilExit()
        #expect(process.terminationStatus == 130 && !isAlive(pid))
        #expect(temporary.names.isEmpty, "\(temporary.names)")
    }

    /// Not even a kill leaves QEMU behind; what it left in the way of files is gone after the next run.
    @Test func aKilledRunTakesQEMUWithIt() throws {
        let (process, _, report) = try start()
        let pid = try #require(report.pid)
        kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
        #expect(wait { !isAlive(pid) })
        #expect(!temporary.names.isEmpty)
        kill(try #require(try start().report.pid), SIGTERM)
        #expect(wait { temporary.names.isEmpty }, "\(temporary.names)")
    }

    /// QEMU ends by itself: so does the run, with success.
    @Test func qemuEnds() throws {
        let (process, _, report) = try start()
        kill(try #require(report.pid), SIGTERM)
        process.waitUntilExit()
        #expect(process.terminationStatus == 0 && temporary.names.isEmpty)
    }

    @Test func aDiskInUseIsRefused() throws {
        let (process, _, report) = try start()
        defer { process.waitUntilExit() }
        let second = try Program.run(try #require(Program.macosVirt), arguments, temporary: temporary)
        #expect(second.status == 75 && second.output.isEmpty, "\(second)")
        #expect(second.errors.contains("linux.img") && second.errors.contains("shut down the virtual machine"), "\(second.errors)")
        kill(try #require(report.pid), SIGTERM)
    }

    @Test(
        arguments: [
            (["--macos", "/nonexistent"], 66, "/nonexistent"), (["--memory", "100"], 64, "--memory 100"),
            (["--set", "x"], 64, "'x' (flag --set) is not KEY=VALUE"),
            (["--forward", "1:2:3"], 64, "1:2:3"), (["--append", "x"], 64, "--append"), (["--vcpus", "0"], 64, "--vcpus"),
            (["--disk-bus", "floppy"], 64, "floppy"), (["--config", "/nonexistent"], 66, "/nonexistent"),
            (["--memory", "60T"], 69, "memory"), (["--memory", "8Q"], 64, "'8Q' (flag --memory)"),
            (["--config", "/dev/zero"], 66, "regular"),
            (["--set", "guest.memroy=8G"], 64, "did you mean guest.memory?"), (["--macos", "/etc/passwd"], 66, "disk.minimum"),
            (["--dry-run", "--set", "guest.memroy=8G"], 64, "did you mean guest.memory?"),
        ] as [([String], Int32, String)])
    func refusals(more: [String], status: Int32, words: String) throws {
        // The last one of an option counts.
        let ended = try Program.run(try #require(Program.macosVirt), arguments + more, temporary: temporary)
        #expect(ended.status == status && ended.errors.contains(words) && ended.output.isEmpty, "\(ended)")
        #expect(temporary.names.isEmpty)
    }

    /// It writes nothing and starts nothing.
    @Test func dryRun() throws {
        let ended = try Program.run(try #require(Program.macosVirt), arguments + ["--dry-run"], temporary: temporary)
        let report = try JSONDecoder().decode(StartReport.self, from: Data(ended.output.utf8))
        #expect(ended.status == 0 && report.pid == nil && report.argv.contains("-nodefaults") && temporary.names.isEmpty)
        let text = try Program.run(
            try #require(Program.macosVirt), (arguments + ["--dry-run"]).filter { $0 != "--json" }, temporary: temporary)
        #expect(text.status == 0 && text.output.contains("command line:") && text.output.contains("-accel tcg,thread=multi"))
    }

    @Test func version() throws {
        let ended = try Program.run(try #require(Program.macosVirt), ["--version"])
        #expect(ended.status == 0 && ended.output == "dev\n")
    }
}
