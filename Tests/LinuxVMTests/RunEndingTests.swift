import Foundation
import Glibc
import SystemPackage
import Testing

@testable import LinuxVM

/// The built program with a stand-in for QEMU, whose console is not read as a terminal reads it.
@Suite(.enabled(if: Program.macosVirt != nil, "needs the built macos-virt"))
struct RunEndingTests {
    private let scratch: Scratch
    private let temporary: Scratch

    init() throws {
        (scratch, temporary) = (try Scratch(), try Scratch())
        for name in ["linux.img", "macos.img"] { try scratch.reserve(64 << 20, name) }
    }

    private struct Running {
        var process: Process
        var output: FileHandle
        /// Of the stand-in.
        var pid: Int32
        var errors: FilePath

        /// What it said to its user.
        var words: String { (try? String(contentsOfFile: errors.string, encoding: .utf8)) ?? "" }

        /// Its status when it ends in time.
        func status(within seconds: Double = 15) -> Int32? {
            let deadline = Date(timeIntervalSinceNow: seconds)
            while process.isRunning, Date() < deadline { usleep(20_000) }
            guard process.isRunning else { return process.terminationReason == .exit ? process.terminationStatus : -1 }
            kill(process.processIdentifier, SIGKILL)
            return nil
        }
    }

    /// - Parameter wrapper: the command that starts it.
    private func start(_ environment: [String: String], wrapper: [String] = []) throws -> Running {
        let path = scratch.path.string
        let words =
            wrapper + [
                try #require(Program.macosVirt), "run", "--linux", path + "/linux.img", "--macos", path + "/macos.img", "--firmware",
                "bios",
                "--accelerator", "emulation", "--memory", "2048", "--json", "--forward", "0:10022", "--forward", "0:15900",
                "--forward", "0:5900", "--set", "firmware.type=uefi",
            ]
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = words
        let fixtures = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Fixtures").path
        let inherited = ProcessInfo.processInfo.environment
        process.environment = inherited.merging(environment) { $1 }.merging([
            "TMPDIR": temporary.path.string, "PATH": fixtures + ":" + (inherited["PATH"] ?? "/usr/bin:/bin"),
        ]) { $1 }
        let errors = try scratch.write([], "errors")
        let pipe = Pipe()
        (process.standardInput, process.standardOutput) = (FileHandle.nullDevice, pipe)
        process.standardError = try FileHandle(forWritingTo: URL(filePath: errors.string))
        try process.run()
        var line = Data()
        while line.last != UInt8(ascii: "\n"), let byte = try pipe.fileHandleForReading.read(upToCount: 1), !byte.isEmpty { line += byte }
        let report = try JSONDecoder().decode(StartReport.self, from: line)
        return Running(process: process, output: pipe.fileHandleForReading, pid: try #require(report.pid), errors: errors)
    }

    /// `macos-virt run | head`: the VM goes on to its own end.
    @Test func aReaderThatLeaves() throws {
        let running = try start(["SAY": "1024", "SECONDS": "1"])
        try running.output.close()
        #expect(running.status() == 0, "\(running.words)")
        #expect(temporary.names.isEmpty)
    }

    /// What guest.sh prints when `boot` refuses, and the VM powers itself off: not success.
    @Test(arguments: [(78, 78), (69, 69), (200, 70)])
    func bootFails(code: Int32, status: Int32) throws {
        let line = "macos-virt: boot failed with exit code \(code): see above"
        let running = try start(["SECONDS": "1", "LINES": "boot: guest.vcpu: unknown key\r\n\(line)\r\nreboot: Power down\r\n"])
        #expect(running.status() == status)
        #expect(running.words.contains("run boot in the Linux VM: it failed with exit code \(code)"), "\(running.words)")
    }

    /// `macos-virt run | less`: two signals are enough all the same.
    @Test func aReaderThatStops() throws {
        let running = try start(["SAY": "1024", "DEAF": "1"])
        sleep(1)
        kill(running.process.processIdentifier, SIGTERM)
        usleep(300_000)
        kill(running.process.processIdentifier, SIGTERM)
        #expect(running.status() == 130, "\(running.words)")
        #expect(temporary.names.isEmpty)
    }

    /// QEMU has ended, and its last words wait for a reader: a signal means them, and no power button.
    @Test func aReaderThatStopsBehindTheEnd() throws {
        let running = try start(["SAY": "1024"])
        sleep(1)
        kill(running.pid, SIGKILL)
        usleep(300_000)
        kill(running.process.processIdentifier, SIGTERM)
        #expect(running.status() == 70)
        #expect(!running.words.contains("power button") && running.words.contains("status 137"), "\(running.words)")
        #expect(temporary.names.isEmpty)
    }

    /// nohup: the end of the terminal does not press the power button.
    @Test func theEndOfATerminalThatIsIgnored() throws {
        let running = try start(["SECONDS": "1.5"], wrapper: ["nohup"])
        kill(running.process.processIdentifier, SIGHUP)
        #expect(running.status() == 0, "\(running.words)")
        #expect(!running.words.contains("power button"), "\(running.words)")
    }
}
