import Foundation
import Glibc
import LinuxSupport
import SystemPackage
import Testing

/// The built program, ended while it asks a real QEMU what it can do.
@Suite(.enabled(if: BootProgram.path != nil && BootProgram.qemu != nil, "needs the built boot and QEMU"), .serialized)
struct QemuOrphanTests {
    /// Processes with this word in their command line, as the kernel lists them.
    private func processes(_ word: String) -> [pid_t] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
        return names.compactMap { pid_t($0) }.filter { commandLine($0).contains(word) }
    }

    /// Empty for a process that has ended.
    private func commandLine(_ process: pid_t) -> String {
        FileManager.default.contents(atPath: "/proc/\(process)/cmdline").map { String(decoding: $0, as: UTF8.self) } ?? ""
    }

    private func user(_ process: pid_t) -> String? {
        let status = (try? String(contentsOfFile: "/proc/\(process)/status", encoding: .utf8)) ?? ""
        return status.split(separator: "\n").first { $0.hasPrefix("Uid:") }.map(String.init)
    }

    @Test(arguments: [SIGKILL, SIGTERM]) func noneIsLeft(signal: Int32) throws {
        let machine = try ScratchMachine()
        // A name of its own: nothing else of this machine is counted.
        let name = "orphan-\(UUID().uuidString)"
        let link = machine.directory.path + "/" + name
        try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: try #require(BootProgram.qemu))
        let arguments = ["probe", "--set", "qemu.binary=" + link, "--set", "state.run=" + machine.directory.path + "/run"]
        let null = try OwnedDescriptor(opening: "/dev/null", .readWrite)
        let boot = Spawn(try #require(BootProgram.path), arguments)
        var random = SystemRandomNumberGenerator()
        var asked = 0
        for round in 0..<20 {
            var child = try boot.start(input: null.rawValue, output: null.rawValue, error: null.rawValue)
            // Half of them as soon as QEMU is there, and half at any time before.
            let deadline = Date(timeIntervalSinceNow: 60)
            if round.isMultiple(of: 2) {
                while Date() < deadline, processes(name).count < 2, child.wait(until: .now) == nil { usleep(200) }
                usleep(UInt32.random(in: 0...20_000, using: &random))
            } else {
                usleep(UInt32.random(in: 0...40_000, using: &random))
            }
            let qemus = processes(name).filter { $0 != child.identifier }
            if !qemus.isEmpty { asked += 1 }
            // Before execve(2) it is still a copy of boot.
            for qemu in qemus where geteuid() == 0 && commandLine(qemu).hasPrefix(link) {
                #expect(user(qemu) == "Uid:\t65534\t65534\t65534\t65534")
            }
            child.send(signal)
            _ = child.wait()
            while Date() < deadline, !processes(name).isEmpty { usleep(1000) }
            #expect(processes(name).isEmpty, "round \(round)")
            processes(name).forEach { kill($0, SIGKILL) }
        }
        #expect(asked >= 5, "QEMU was asked \(asked) times only")
    }
}
