import Foundation
import Testing

@testable import QemuArgs

/// The installed QEMU accepts what is written here, without a single word on stderr.
///
/// The guests keep their shape and get files that exist and the translator for an accelerator; KVM's own properties are in the goldens.
@Suite(.enabled(if: RealQemu.path != nil, "needs qemu-system-x86_64"), .serialized)
struct RealQemuTests {
    @Test(arguments: Guests.all.map(\.name))
    func starts(name: String) throws {
        let guest = try #require(Guests.all.first { $0.name == name }).guest
        let qemu = try RealQemu()
        let result = try qemu.run(qemu.adapted(guest, named: name).commandLine().argv)
        #expect(result == RealQemu.Result(status: 0, errors: ""))
    }

    @Test(arguments: [DiskIO.native, .ioUring, .threads], [true, false])
    func everyDiskIOStartsInTheSandbox(io: DiskIO, asUser: Bool) throws {
        let qemu = try RealQemu()
        var guest = try qemu.adapted(Guests.intel(), named: "intel")
        guest.systemDisk.io = io
        // Only root can become somebody else.
        guest.runAs = asUser && geteuid() == 0 ? RunAs(uid: 65_534, gid: 65_534, hasRunWith: false) : nil
        #expect(try qemu.run(guest.commandLine().argv) == RealQemu.Result(status: 0, errors: ""))
    }

    /// Why `Sandbox(for:)` allows QEMU to change its user: the filter is there first.
    @Test(.enabled(if: geteuid() == 0, "needs root"), arguments: ["children", "deny"])
    func aStricterSandboxKillsAQemuThatChangesItsUser(privileges: String) throws {
        let qemu = try RealQemu()
        var guest = try qemu.adapted(Guests.intel(), named: "intel")
        guest.runAs = RunAs(uid: 65_534, gid: 65_534, hasRunWith: false)
        let strict = "on,obsolete=deny,elevateprivileges=\(privileges),spawn=deny,resourcecontrol=deny"
        let argv = try guest.commandLine().argv.map { $0.hasPrefix("on,obsolete") ? strict : $0 }
        #expect(argv.contains(strict))
        #expect(try qemu.run(argv).status == SIGSYS)
    }

    /// A device in a file of its own, whose key is on no command line.
    @Test func theSMCComesFromAFile() throws {
        let qemu = try RealQemu()
        var guest = try qemu.adapted(Guests.intel(), named: "intel")
        let path = try qemu.file("smc,cfg", bytes: 0)
        let key = String(repeating: "stand-in", count: 8)
        try Data("[device \"smc\"]\n  driver = \"isa-applesmc\"\n  osk = \"\(key)\"\n".utf8).write(to: URL(filePath: path))
        guest.smc = SMC(configuration: path)
        let argv = try guest.commandLine().argv
        #expect(!argv.joined().contains("stand-in"))
        #expect(try qemu.run(argv, monitor: ["info qtree"]) == RealQemu.Result(status: 0, errors: ""))
        #expect(qemu.answers.contains("dev: isa-applesmc"))
    }

    /// A write on the drive that the guest has: refused under OVMF, kept in QEMU's temporary file under a BIOS.
    @Test(arguments: [(Firmware.seaBIOS, "wrote 512/512"), (.ovmf(code: "/c", variables: "/v"), "read-only")])
    func theOpenCoreDiskIsNeverWritten(firmware: Firmware, answer: String) throws {
        let qemu = try RealQemu()
        let path = try qemu.file("boot", bytes: 1 << 20)
        var line = QemuCommandLine()
        try line.append([QemuArgument("-nodefaults"), .noWindow, QemuArgument("-machine", "q35")])
        try line.append(UnwrittenDisk(.openCore, path: path, controller: DiskController(for: firmware)).arguments(bootIndex: 0))
        let result = try qemu.run(line.argv, monitor: ["qemu-io boot-drive \"write -P 0xaa 0 512\"", "qemu-io boot-drive flush"])
        #expect(result == RealQemu.Result(status: 0, errors: ""))
        #expect(qemu.answers.contains(answer))
        #expect(try Data(contentsOf: URL(filePath: path)) == Data(count: 1 << 20))
    }
}
