import Foundation
import Testing

@testable import BootSettings
@testable import Booter
@testable import DiskFormats

/// What disk.device may lead to, on a saved machine: there, names count in place of device numbers.
struct NamedDiskTests {
    private func machine() throws -> ScratchMachine {
        try ScratchMachine([
            "/sys/block/sdb/size": "204800\n", "/sys/block/sdb/sdb1/partition": "1\n", "/sys/block/sdb/sdb1/size": "2048\n",
            "/dev/sdb1": "",
            "/proc/swaps": "Filename\n",
        ])
    }

    private func named(_ path: String, _ machine: ScratchMachine) -> DiskFacts? {
        let disks = DiskReader(root: machine.root, wanted: path).disks(mounts: [])
        return disks.first { $0.path == path || $0.aliases.contains(path) }
    }

    @Test func partitions() throws {
        let machine = try machine()
        try machine.symlink("/dev/disk/by-label/macOS", to: "../../sdb1")
        for path in ["/dev/sdb1", "/dev/disk/by-label/macOS"] {
            let facts = try #require(named(path, machine))
            #expect(facts.node == .partition && facts.parent == "sdb" && facts.size == 1 << 20)
        }
        #expect(named("/dev/sdb2", machine) == nil)
        #expect(named("/dev/sdb", machine)?.node == nil)
    }

    @Test func files() throws {
        let machine = try machine()
        var disk = DiskSketch(size: 100 << 20)
        disk.mbr([(0xee, 1, .max)])
        disk.gpt([(DiskSketch.apfs, "Macintosh HD", 2048, 4095)])
        try machine.write(disk.bytes(0, 32768), to: "/macos/disk.img")
        let raw = try #require(named("/macos/disk.img", machine))
        #expect(raw.node == .file && raw.format == nil && raw.isApple && raw.size == 32768)
        try machine.write("/macos/disk.img\n", to: "/sys/block/loop3/loop/backing_file")
        #expect(named("/macos/disk.img", machine)?.holders == ["loop3"])
        try FileManager.default.createDirectory(atPath: machine.directory.path + "/macos/folder", withIntermediateDirectories: true)
        #expect(named("/macos/folder", machine)?.node == .directory)
    }

    @Test func qcow2() throws {
        let machine = try machine()
        let tool = try #require(Tool.find("qemu-img"), "packages.txt names what it is in")
        let path = machine.directory.path + "/disk.qcow2"
        _ = try Tool.output(tool, ["create", "-q", "-f", "qcow2", path, "3G"])
        let whole = try #require(named("/disk.qcow2", machine))
        #expect(whole.format == "qcow2" && whole.size == 3 << 30 && whole.readError == nil)
        _ = try Tool.output(tool, ["create", "-q", "-f", "qcow2", "-b", path, "-F", "qcow2", machine.directory.path + "/overlay.qcow2"])
        #expect(named("/overlay.qcow2", machine)?.readError == "parts of it are in another file, its backing file")
    }

    @Test(arguments: [
        (["gzip", "-k"], ".gz", "gzip archive"), (["xz", "-k"], ".xz", "xz archive"), (["bzip2", "-k"], ".bz2", "bzip2 archive"),
        (["qemu-img", "convert", "-O", "vmdk"], ".vmdk", "VMDK image"), (["qemu-img", "convert", "-O", "vpc"], ".vhd", "VHD image"),
        (["qemu-img", "convert", "-O", "vhdx"], ".vhdx", "VHDX image"), (["qemu-img", "convert", "-O", "vdi"], ".vdi", "VDI image"),
        (["qemu-img", "convert", "-O", "qcow2"], ".qcow2", "qcow2"),
    ])
    func imagesThatAreNotRaw(command: [String], suffix: String, name: String) throws {
        let machine = try machine()
        try machine.write([UInt8](repeating: 7, count: 1 << 20), to: "/image")
        let tool = try #require(Tool.find(command[0]), "packages.txt names what it is in")
        let path = machine.directory.path + "/image"
        let result = command[0] == "qemu-img" ? [path, path + suffix] : [path]
        _ = try Tool.output(tool, command.dropFirst() + result)
        var questions = SavedHost.questions
        questions.openCoreDisk = "/image" + suffix
        let files = FileReader(root: machine.root, configuration: Configuration(), questions: questions).facts()
        #expect(files.bootloaderImage?.format == name && (files.bootloaderImage?.problem == nil) == (name == "qcow2"))
        questions.openCoreDisk = "/image"
        let raw = FileReader(root: machine.root, configuration: Configuration(), questions: questions).facts()
        #expect(raw.bootloaderImage?.format == "unbootable")
    }
}
