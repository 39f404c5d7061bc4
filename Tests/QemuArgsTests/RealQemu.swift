import Foundation
import QemuArgs

/// A directory with the files of one guest, and QEMU started on them.
final class RealQemu {
    struct Result: Equatable {
        /// The exit status, or the signal's number.
        var status: Int32
        var errors: String
    }

    static let path = ["/usr/bin", "/usr/local/bin"].map { $0 + "/qemu-system-x86_64" }.first {
        FileManager.default.isExecutableFile(atPath: $0)
    }
    let directory: URL
    /// What the last run answered over QMP.
    private(set) var answers = ""

    init() throws {
        directory = FileManager.default.temporaryDirectory.appending(path: "qemuargs-" + UUID().uuidString)
        // For a QEMU that has changed its user, too.
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o755])
    }
    deinit { try? FileManager.default.removeItem(at: directory) }

    /// A sparse file of zeroes, which everybody may read and write.
    func file(_ name: String, bytes: UInt64) throws -> String {
        let url = directory.appending(path: name)
        try Data().write(to: url)
        try FileManager.default.setAttributes([.posixPermissions: 0o666], ofItemAtPath: url.path)
        let handle = try FileHandle(forWritingTo: url)
        defer { try? handle.close() }
        try handle.truncate(atOffset: bytes)
        return url.path
    }

    /// The guest with files that exist, names with a comma where they are allowed, and nothing that this machine may not have.
    func adapted(_ guest: MacGuest, named name: String) throws -> MacGuest {
        var guest = guest
        // 7.2 is the oldest QEMU that the tests know of; every later one has its machine.
        guest.machine = Machine(type: "pc-q35-7.2", accelerator: .tcg)
        guest.qemu = QemuVersion(7, 2)
        let features = guest.cpu["avx2"] == .off ? Guests.everything.subtracting([.avx2]) : Guests.everything
        guest.cpu = Guests.cpu(.tcg, .intel, features, invariant: false, darwin: 23)
        if name.hasSuffix("bios") { guest.cpu = Guests.cpu(.tcg, .intel, features, invariant: false, darwin: 19) }
        guest.memory = Memory(mebibytes: 64)
        if case .ovmf = guest.firmware {
            // Any two files whose sizes are a flash's: the guest is never started.
            guest.firmware = .ovmf(code: try file("code,1", bytes: 3_653_632), variables: try file("vars,1", bytes: 540_672))
        }
        guest.openCoreDisk?.path = try file("boot", bytes: 1 << 20)
        guest.installerDisk?.path = try file("installer,disk", bytes: 1 << 20)
        guest.installerDisk?.format = .raw
        guest.seedDisk?.path = try file("seed,disk", bytes: 1 << 16)
        guest.systemDisk.path = try file("system,disk", bytes: 1 << 20)
        // No descriptors to inherit here: the card stays, what is behind it is QEMU's own network.
        guest.network?.netdev = .user([HostForward(hostPort: 0, guestPort: 22)])
        switch guest.display.vnc {
        case .off: break
        case .unix, .tcp: guest.display.vnc = .unix(directory.appending(path: "vnc").path)
        }
        if guest.display.passwordFile != nil {
            guest.display.passwordFile = directory.appending(path: "pass,word").path
            try Data("secret".utf8).write(to: directory.appending(path: "pass,word"))
        }
        if case .file = guest.serial { guest.serial = .file(directory.appending(path: "serial,log").path) }
        if guest.qmp != nil { guest.qmp = QMPSocket(path: directory.appending(path: "qmp,sock").path) }
        if guest.control != nil { guest.control = QMPSocket(path: directory.appending(path: "control,sock").path, id: "control") }
        guest.runAs = nil
        return guest
    }

    /// Starts QEMU stopped (-S), sends monitor commands and `quit` over a second QMP on stdin, and waits.
    func run(_ argv: [String], monitor: [String] = []) throws -> Result {
        let process = Process()
        process.executableURL = URL(filePath: RealQemu.path ?? "")
        // The serial port would take stdin from QMP.
        let quiet = argv.map { $0 == "stdio,id=serial,signal=off" ? "null,id=serial" : $0 }
        process.arguments =
            (quiet.contains("-S") ? quiet : quiet + ["-S"]) + ["-chardev", "stdio,id=test", "-mon", "chardev=test,mode=control"]
        process.currentDirectoryURL = directory
        let (input, output) = (Pipe(), Pipe())
        let errorFile = URL(filePath: try file("stderr", bytes: 0))
        let errors = try FileHandle(forWritingTo: errorFile)
        (process.standardInput, process.standardOutput, process.standardError) = (input, output, errors)
        try process.run()
        var lines = ["{\"execute\":\"qmp_capabilities\"}"]
        for command in monitor {
            let json = try JSONEncoder().encode(["command-line": command])
            lines.append("{\"execute\":\"human-monitor-command\",\"arguments\":\(String(decoding: json, as: UTF8.self))}")
        }
        lines.append("{\"execute\":\"quit\"}")
        // A QEMU that is gone already makes this fail; its status tells the story.
        signal(SIGPIPE, SIG_IGN)
        try? input.fileHandleForWriting.write(contentsOf: Data((lines.joined(separator: "\n") + "\n").utf8))
        answers = String(decoding: try output.fileHandleForReading.readToEnd() ?? Data(), as: UTF8.self)
        process.waitUntilExit()
        return Result(status: process.terminationStatus, errors: try String(contentsOf: errorFile, encoding: .utf8))
    }
}
