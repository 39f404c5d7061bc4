import Foundation
import HostSupport
import QemuArgs
import SystemPackage
import Testing

@testable import LinuxVM

@Suite struct CommandLineTests {
    /// Rewritten with BOOT_UPDATE_GOLDENS=1: read the difference before committing it.
    @Test(arguments: Machines.all.keys.sorted()) func goldens(name: String) throws {
        let file = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Fixtures/\(name).args")
        let lines = try #require(Machines.all[name]).commandLine().lines.joined(separator: "\n") + "\n"
        if ProcessInfo.processInfo.environment["BOOT_UPDATE_GOLDENS"] == "1" { try Data(lines.utf8).write(to: file) }
        #expect(lines == (try String(contentsOf: file, encoding: .utf8)))
    }

    @Test(arguments: DiskBus.allCases) func everyBusNamesItsDisksBySerial(bus: DiskBus) throws {
        var machine = try #require(Machines.all["kvm-uefi-scsi"])
        machine.bus = bus
        let arguments = try machine.commandLine().argv
        for name in ["linux", "macos", "opencore", "configuration"] {
            #expect(arguments.count { $0.contains("serial=\(name)") } == 1)
            #expect(arguments.count { $0.contains("drive=\(name)-drive") } == 1)
        }
        #expect(arguments.filter { $0.contains("bootindex") }.allSatisfy { $0.contains("serial=linux") && $0.contains("bootindex=0") })
    }

    /// QEMU itself: that it takes every argument, and that the drives are the files that were meant.
    @Test(.enabled(if: Program.qemu != nil, "needs qemu-system-x86_64"), arguments: Machines.all.keys.sorted())
    func realQEMU(name: String) throws {
        let scratch = try Scratch()
        func file(_ path: FilePath, _ size: UInt64 = 1 << 20) throws -> FilePath {
            try scratch.reserve(size, "files" + path.string)
        }
        var machine = try #require(Machines.all[name])
        (machine.accelerator, machine.memoryMiB, machine.ports) = (.emulation, 64, PortMap([.init(here: 0, there: 10022)]))
        machine.macOS = DiskFile(path: try file(machine.macOS.path), format: .raw)
        machine.openCore = try machine.openCore.map { DiskFile(path: try file($0.path), format: .raw) }
        machine.configuration = try file(machine.configuration)
        machine.control = scratch.path.appending("files").pushing(machine.control.relative)
        if case .disk(let disk) = machine.linux { machine.linux = .disk(DiskFile(path: try file(disk.path), format: .raw)) }
        if case .kernel(let kernel, let initrd, let words) = machine.linux {
            // As much of a kernel as QEMU looks at: Documentation/arch/x86/boot.rst, "HdrS", the protocol's version, and where an initrd may be.
            var image = [UInt8](repeating: 0, count: 1 << 20)
            image[0x1f1] = 1
            image.replaceSubrange(0x202..<0x208, with: Array("HdrS".utf8) + [0x0c, 0x02])
            image.replaceSubrange(0x22c..<0x230, with: [0xff, 0xff, 0xff, 0x37])
            let path = try scratch.write(image, "files" + kernel.string)
            machine.linux = .kernel(path, initrd: try file(initrd), words: words)
        }
        if case .uefi(let code, let variables) = machine.firmware {
            machine.firmware = .uefi(code: try file(code, 3_653_632), variables: try file(variables, 540_672))
        }
        try FileManager.default.createDirectory(
            atPath: machine.control.removingLastComponent().string, withIntermediateDirectories: true)
        let argv = try machine.commandLine().argv.map { $0 == "stdio,id=console,signal=off" ? "null,id=console" : $0 }
        let ended = try Program.run(
            try #require(Program.qemu), argv + ["-S", "-chardev", "stdio,id=test", "-mon", "chardev=test"], input: "info block\nquit\n")
        #expect(ended.status == 0, "\(ended)")
        #expect(ended.output.contains("macos-drive") && ended.output.contains(machine.macOS.path.string), "\(ended.output)")
    }
}

extension FilePath {
    fileprivate var relative: FilePath { FilePath(root: nil, components) }
}
