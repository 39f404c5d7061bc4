import Foundation
import LinuxSupport
import SystemPackage
import Testing

@testable import Booter
@testable import DiskFormats

struct PartitionTableTests {
    private static let mib = 1 << 20

    private static func macOS(blockSize: Int = 512) -> DiskSketch {
        var disk = DiskSketch(size: 256 * mib, blockSize: blockSize)
        disk.mbr([(0xee, 1, .max)])
        disk.gpt([(DiskSketch.esp, "EFI", 40, 2047), (DiskSketch.apfs, "Größe \u{1F34E}", 2048, 4095)])
        return disk
    }

    private func table(_ disk: DiskSketch) throws -> PartitionTable? { try PartitionTableReader.table(of: disk.source) }

    /// The check value of the CRC catalogue, and of nothing: https://reveng.sourceforge.io/crc-catalogue/all.htm
    @Test func checksumIsTheStandardOne() {
        #expect(CRC32.checksum("123456789".utf8) == 0xcbf4_3926)
        #expect(CRC32.checksum([]) == 0)
    }

    @Test(arguments: [512, 4096]) func gptOfBothBlockSizes(blockSize: Int) throws {
        let table = try #require(try table(Self.macOS(blockSize: blockSize)))
        #expect(table.scheme == .gpt)
        #expect(table.partitions.map(\.kind) == [.esp, .apfs])
        #expect(table.partitions.map(\.label) == ["EFI", "Größe \u{1F34E}"])
        #expect(table.partitions.map(\.size) == [2008 * blockSize, 2048 * blockSize])
        #expect(table.partitions.map(\.uuid) == ["01010101-0101-0101-0101-010101010101", "02020202-0202-0202-0202-020202020202"])
    }

    /// An image made for the other block size, written to this disk.
    @Test func gptOfTheOtherBlockSizeIsFoundToo() throws {
        let image = Self.macOS(blockSize: 4096)
        #expect(try table(DiskSketch(head: image.head, size: image.size, blockSize: 512))?.partitions.count == 2)
    }

    @Test(arguments: [512, 4096]) func backupReplacesADamagedHeader(blockSize: Int) throws {
        var disk = Self.macOS(blockSize: blockSize)
        let last = disk.size / blockSize - 1
        disk.gpt([(DiskSketch.apfs, "backup", 6, 7)], .init(block: last, entriesBlock: last - 8, count: 4))
        #expect(try table(disk)?.partitions.map(\.label) == ["EFI", "Größe \u{1F34E}"])
        disk.write([0xff], at: blockSize + 40)
        #expect(try table(disk)?.partitions.map(\.label) == ["backup"])
        // Damaged entries are as bad as a damaged header, here in both copies.
        disk.write([0xff], at: (last - 8) * blockSize + 20)
        #expect(try table(disk)?.scheme == .mbr)
    }

    @Test func leftoverOfAGPTIsIgnored() throws {
        var disk = Self.macOS()
        disk.mbr([(0xaf, 64, 1000)])
        #expect(try table(disk) == PartitionTable(scheme: .mbr, partitions: [Partition(kind: .hfsPlus, label: "", size: 512_000)]))
        // A hybrid has the protective entry beside others.
        disk.mbr([(0xaf, 64, 1000), (0xee, 1, 63)])
        #expect(try table(disk)?.scheme == .gpt)
    }

    @Test(
        arguments: [
            (0xaf, Partition.Kind.hfsPlus), (0xab, .appleOther), (0xa8, .appleOther), (0x07, .microsoft), (0x0b, .fat), (0x0c, .fat),
            (0x82, .linuxSwap),
            (0x83, .linux), (0xef, .esp), (0xee, .other), (0x05, .other),
        ] as [(UInt8, Partition.Kind)])
    func typesOfAnMBR(type: UInt8, kind: Partition.Kind) throws {
        var disk = DiskSketch(size: Self.mib)
        disk.mbr([(type, 2048, 100)])
        #expect(try table(disk)?.partitions.map(\.kind) == [kind])
    }

    @Test(arguments: [
        (DiskSketch.apfs, Partition.Kind.apfs), ("48465300-0000-11AA-AA11-00306543ECAC", .hfsPlus),
        ("426F6F74-0000-11AA-AA11-00306543ECAC", .appleOther),
        ("53746F72-6167-11AA-AA11-00306543ECAC", .appleOther), ("52414944-0000-11AA-AA11-00306543ECAC", .appleOther),
        (DiskSketch.esp, .esp),
        ("0FC63DAF-8483-4772-8E79-3D69D8477DE4", .linux), ("0657FD6D-A4AB-43C4-84E5-0933C84B4F4F", .linuxSwap),
        ("EBD0A0A2-B9E5-4433-87C0-68B6B72699C7", .microsoft), ("21686148-6449-6E6F-744E-656564454649", .biosBoot),
        ("11111111-2222-3333-4444-555555555555", .other),
    ])
    func typesOfAGPT(type: String, kind: Partition.Kind) {
        #expect(PartitionType.kind(gpt: DiskSketch.guid(type)) == kind)
        #expect(PartitionType.text(DiskSketch.guid(type)) == type)
    }

    @Test(arguments: [
        ("NXSB", 32, "APFS", Partition.Kind.apfs), ("H+\u{0}\u{4}", 1024, "HFS+", .hfsPlus), ("HX\u{0}\u{5}", 1024, "HFSX", .hfsPlus),
        ("QFI\u{0}", 0, "qcow2 image", .other), ("LUKS", 0, "LUKS", .linux), ("SWAPSPACE2", 4086, "swap", .linuxSwap),
        ("XFSB", 0, "XFS", .linux),
    ])
    func wholeDevice(magic: String, offset: Int, name: String, kind: Partition.Kind) throws {
        var disk = DiskSketch(size: Self.mib)
        disk.write(magic, at: offset)
        #expect(try table(disk) == PartitionTable(scheme: .none, partitions: [Partition(kind: kind, label: name, size: Self.mib)]))
    }

    @Test(arguments: [("FAT32   ", 82), ("FAT16   ", 54)]) func wholeDeviceFAT(type: String, offset: Int) throws {
        var disk = DiskSketch(size: Self.mib)
        disk.write(type, at: offset)
        // The words alone are not enough: boot code may contain them.
        #expect(try table(disk) == nil)
        disk.write([0x00, 0x02, 0x08, 0x20, 0x00, 0x02], at: 11)
        // A boot sector ends like an MBR, and what looks like its entries is code.
        disk.write([0x55, 0xaa], at: 510)
        #expect(try table(disk)?.partitions.map(\.kind) == [.fat])
        disk.write([0x90], at: 446)
        #expect(try table(disk)?.scheme == PartitionTable.Scheme.none)
    }

    @Test func blankAndTinyDisks() throws {
        for size in [0, 1, 511, 512, 1023, 4096, 1 << 20] { #expect(try table(DiskSketch(size: size)) == nil) }
    }

    @Test func readErrorIsPassedOn() {
        let source = BlockSource(size: 1 << 20, blockSize: 512) { (_, _) throws(Errno) -> [UInt8] in throw .ioError }
        #expect(throws: Errno.ioError) { try PartitionTableReader.table(of: source) }
    }

    /// Checksums are right, but the numbers are not: (offset in the header, bytes, value).
    @Test(
        arguments: [
            (80, 4, 0xffff_ffff), (80, 4, 0), (84, 4, 0), (84, 4, 0xffff_ffff), (84, 4, 129), (84, 4, 64), (72, 8, 0), (72, 8, UInt64.max),
            (72, 8, UInt64.max / 512 + 1), (72, 8, 1 << 54), (24, 8, 2), (12, 4, 0), (12, 4, 91), (12, 4, 513), (12, 4, 0xffff_ffff),
        ] as [(Int, Int, UInt64)])
    func absurdHeadersAreRefused(offset: Int, bytes: Int, value: UInt64) throws {
        var disk = Self.macOS()
        disk.write(number: value, bytes: bytes, at: 512 + offset)
        disk.seal(block: 1)
        #expect(try table(disk)?.scheme == .mbr)
    }

    @Test(arguments: [(5, 4), (0, UInt64.max), (UInt64.max, 0), (0, UInt64(Int.max)), (1 << 63, UInt64.max)] as [(UInt64, UInt64)])
    func absurdPartitionsHaveNoSize(first: UInt64, last: UInt64) throws {
        var disk = DiskSketch(size: Self.mib)
        disk.gpt([(DiskSketch.apfs, "x", first, last)])
        #expect(try table(disk)?.partitions.map(\.size) == [0])
    }

    @Test func labelsCannotControlATerminal() throws {
        var disk = DiskSketch(size: Self.mib)
        disk.gpt([(DiskSketch.apfs, "\u{1b}[2J\u{9b}\u{202e}a\n", 40, 41), (DiskSketch.apfs, "a\u{0}b", 42, 43)])
        #expect(try table(disk)?.partitions.map(\.label) == ["?[2J??a?", "a"])
    }

    /// Each is given a file of 16 MiB to format.
    @Test(arguments: [
        (["mkfs.ext4", "-q", "-F"], "ext4"), (["mkswap"], "swap"), (["mkfs.vfat"], "FAT"),
        (["qemu-img", "create", "-q", "-f", "qcow2", "-o", "size=1M"], "qcow2 image"),
    ])
    func formatsOfOtherTools(command: [String], name: String) throws {
        let tool = try #require(Tool.find(command[0]), "packages.txt names what it is in")
        let machine = try ScratchMachine()
        try machine.reserve(16 << 20, at: "/disk")
        _ = try Tool.output(tool, command.dropFirst() + [machine.directory.path + "/disk"])
        let source = BlockSource(size: 16 << 20, blockSize: 512) { (offset, count) throws(Errno) -> [UInt8] in
            try machine.root.file("/disk").read(at: Int64(offset), count: count)
        }
        #expect(try PartitionTableReader.table(of: source)?.partitions.map(\.label) == [name])
    }

    /// Where partitions are, against sfdisk, which wrote them.
    @Test(arguments: ["gpt", "dos"]) func places(label: String) throws {
        struct Answer: Decodable {
            struct Table: Decodable {
                struct Partition: Decodable {
                    var start: Int
                    var size: Int
                    var type: String
                }
                var label: String
                var partitions: [Partition]
            }
            var partitiontable: Table
        }
        let machine = try ScratchMachine([
            "/script": "label: \(label)\n2048 4096 \(label == "gpt" ? "U" : "ef")\n8192 2048 L\n20480 + \(label == "gpt" ? "S" : "82")\n"
        ])
        try machine.reserve(32 << 20, at: "/disk")
        let (disk, sfdisk) = (machine.directory.path + "/disk", try #require(Tool.find("sfdisk"), "packages.txt names what it is in"))
        _ = try Tool.output("/bin/sh", ["-c", "\(sfdisk) --quiet \(disk) <\(machine.directory.path)/script"])
        let table = try JSONDecoder().decode(Answer.self, from: Data(try Tool.output(sfdisk, ["--json", disk]).utf8)).partitiontable
        let source = BlockSource(size: 32 << 20, blockSize: 512) { (offset, count) throws(Errno) -> [UInt8] in
            try machine.root.file("/disk").read(at: Int64(offset), count: count)
        }
        let layout = try #require(try PartitionTableReader.layout(of: source))
        #expect(layout.extents.count == 3 && layout.scheme == (label == "gpt" ? .gpt : .mbr))
        #expect(layout.extents.map(\.offset) == table.partitions.map { $0.start * 512 })
        #expect(layout.extents.map(\.size) == table.partitions.map { $0.size * 512 })
        #expect(layout.extents.map(\.type) == table.partitions.map(\.type))
    }
}
