import Foundation
import LinuxSupport
import SystemPackage
import Testing

@testable import Booter
@testable import DiskFormats

/// What fills a whole disk, against what libblkid says of the same bytes.
struct SignatureTests {
    private static let mib = 1 << 20

    /// A file of zeros, changed by `fill`; what `blkid -p` calls it, and what we do.
    private func both(
        size: Int, _ fill: (ScratchMachine, String) throws -> Void
    ) throws -> (blkid: String, table: PartitionTable?) {
        let machine = try ScratchMachine()
        try machine.reserve(UInt64(size), at: "/disk")
        let path = machine.directory.path + "/disk"
        try fill(machine, path)
        let blkid = try #require(Tool.find("blkid"), "packages.txt names what it is in")
        // 2: it recognizes nothing.
        let answer = (try? Tool.output(blkid, ["--probe", "--output", "value", "--match-tag", "TYPE", path])) ?? ""
        let length = try Int(FileManager.default.attributesOfItem(atPath: path)[.size] as? UInt64 ?? 0)
        let found = machine.root.table(of: "/disk", size: length, blockSize: 512)
        #expect(found.error == nil)
        return (answer.trimmed, found.table)
    }

    struct Made: Sendable, CustomTestStringConvertible {
        var name: String
        var blkid: String
        var mib = 32
        /// Before the path of the disk, and behind it.
        var command: [String]
        var rest: [String] = []
        var testDescription: String { name }
    }

    @Test(arguments: [
        Made(name: "Btrfs", blkid: "btrfs", mib: 128, command: ["mkfs.btrfs", "-q"]),
        Made(name: "XFS", blkid: "xfs", mib: 320, command: ["mkfs.xfs", "-q"]),
        Made(name: "JFS", blkid: "jfs", command: ["mkfs.jfs", "-q"]),
        Made(name: "ReiserFS", blkid: "reiserfs", mib: 64, command: ["mkfs.reiserfs", "-q", "-f", "-f"]),
        Made(name: "F2FS", blkid: "f2fs", mib: 64, command: ["mkfs.f2fs", "-q"]),
        Made(name: "NILFS", blkid: "nilfs2", mib: 160, command: ["mkfs.nilfs2", "-q"]),
        Made(name: "exFAT", blkid: "exfat", command: ["mkfs.exfat"]),
        Made(name: "NTFS", blkid: "ntfs", command: ["mkntfs", "-F", "-q", "-f"]),
        Made(name: "MINIX", blkid: "minix", command: ["mkfs.minix"]), Made(name: "MINIX", blkid: "minix", command: ["mkfs.minix", "-3"]),
        Made(name: "SCO BFS", blkid: "bfs", command: ["mkfs.bfs"]), Made(name: "HFS", blkid: "hfs", command: ["hformat"]),
        Made(name: "UDF", blkid: "udf", command: ["mkudffs"]),
        Made(name: "OCFS2", blkid: "ocfs2", mib: 64, command: ["mkfs.ocfs2", "-q", "-M", "local", "-F", "-x"]),
        Made(name: "bcache", blkid: "bcache", command: ["make-bcache", "-B"]),
        Made(name: "LUKS", blkid: "crypto_LUKS", command: luks + ["--type", "luks1"], rest: ["/proc/version"]),
        Made(name: "LUKS", blkid: "crypto_LUKS", command: luks + ["--type", "luks2", "--pbkdf", "pbkdf2"], rest: ["/proc/version"]),
        Made(name: "DRBD", blkid: "drbd", command: ["drbdmeta", "--force", "0", "v08"], rest: ["internal", "create-md"]),
        Made(name: "DRBD", blkid: "drbd", command: ["drbdmeta", "--force", "0", "v09"], rest: ["internal", "create-md", "1"]),
        Made(name: "swap", blkid: "swap", command: ["mkswap", "-p", "8192"]),
        Made(name: "SquashFS", blkid: "squashfs", mib: 0, command: ["mksquashfs", "/etc/apt"], rest: ["-quiet", "-noappend"]),
        Made(name: "cramfs", blkid: "cramfs", mib: 0, command: ["mkfs.cramfs", "/etc/apt"]),
        Made(name: "EROFS", blkid: "erofs", mib: 0, command: ["mkfs.erofs"], rest: ["/etc/apt"]),
        Made(name: "ISO 9660", blkid: "iso9660", mib: 0, command: ["xorriso", "-as", "mkisofs", "-quiet", "-o"], rest: ["/etc/apt"]),
    ])
    func madeByTheirOwnTools(made: Made) throws {
        let tool = try #require(Tool.find(made.command[0]), "packages.txt names what it is in")
        let (blkid, table) = try both(size: made.mib * Self.mib) { _, path in
            _ = try Tool.output(tool, made.command.dropFirst() + [path] + made.rest)
        }
        #expect(blkid == made.blkid)
        #expect(table?.scheme == PartitionTable.Scheme.none && table?.partitions.map(\.label) == [made.name])
        #expect(table?.foreignFormat == (made.name == "HFS" ? nil : made.name))
    }

    private static let luks = [
        "cryptsetup", "luksFormat", "--batch-mode", "--key-file", "/proc/version", "--pbkdf-force-iterations", "1000",
    ]

    struct Written: Sendable, CustomTestStringConvertible {
        var name: String
        /// nil where libblkid wants more than the magic.
        var blkid: String?
        var offset: Int
        var bytes: [UInt8]
        var testDescription: String { "\(name) at \(offset)" }

        init(_ name: String, _ blkid: String?, _ offset: Int, _ text: String) { self.init(name, blkid, offset, Array(text.utf8)) }
        init(_ name: String, _ blkid: String?, _ offset: Int, _ bytes: [UInt8]) {
            (self.name, self.blkid, self.offset, self.bytes) = (name, blkid, offset, bytes)
        }
    }

    /// What no tool makes in a file. Negative offsets are from the end.
    @Test(arguments: [
        Written("Ceph BlueStore", "ceph_bluestore", 0, "bluestore block device\n"), Written("VDO", "vdo", 0, "dmvdo001"),
        Written("VMFS", "VMFS_volume_member", 1 << 20, [0x0d, 0xd0, 0x01, 0xc0]),
        Written("Intel RAID member", "isw_raid_member", -1024, "Intel Raid ISM Cfg Sig. 1.3.00"),
        Written("LSI RAID member", "lsi_mega_raid_member", -512, "$XIDE$"),
        Written("Promise RAID member", "promise_fasttrack_raid_member", -63 * 512, "Promise Technology, Inc."),
        Written("Promise RAID member", "promise_fasttrack_raid_member", -3087 * 512, "Promise Technology, Inc."),
        Written("HighPoint RAID member", "hpt37x_raid_member", 4640, [0xf0, 0x16, 0x78, 0x5a]),
        Written("HighPoint RAID member", "hpt45x_raid_member", -11 * 512, [0xf3, 0x16, 0x78, 0x5a]),
        Written("DDF RAID member", nil, -512, [0xde, 0x11, 0xde, 0x11]), Written("NVIDIA RAID member", nil, -1024, "NVIDIA  "),
        Written("md RAID member", nil, 4096, md1(at: 4096)), Written("md RAID member", nil, 0, md1(at: 0)),
        Written("md RAID member", nil, -8192, md1(at: 32 << 20 - 8192)),
        Written("md RAID member", "linux_raid_member", -65536, [0xfc, 0x4e, 0x2b, 0xa9, 0, 0, 0, 0, 90, 0, 0, 0]),
        Written("md RAID member", nil, -65536, [0xa9, 0x2b, 0x4e, 0xfc, 0, 0, 0, 0, 0, 0, 0, 90]),
        Written("LVM", nil, 536, "LVM2 001"), Written("BitLocker", nil, 0, [0xeb, 0x58, 0x90] + Array("-FVE-FS-".utf8)),
        Written("Stratis", nil, 516, "!Stra0ti"), Written("romfs", nil, 0, "-rom1fs-"), Written("GFS2", nil, 65536, [1, 0x16, 0x19, 0x70]),
        Written("UFS", nil, 65536 + 1372, [0x19, 0x01, 0x54, 0x19]), Written("Oracle ASM", nil, 32, "ORCLDISK"),
        Written("Reiser4", "reiser4", 65536, "ReIsEr4"), Written("NetWare", nil, 4096, "SPB5"),
    ])
    func writtenByHand(written: Written) throws {
        let size = 32 * Self.mib
        let (blkid, table) = try both(size: size) { _, path in
            let file = try FileHandle(forWritingTo: URL(fileURLWithPath: path))
            try file.seek(toOffset: UInt64(written.offset < 0 ? size + written.offset : written.offset))
            try file.write(contentsOf: written.bytes)
            try file.close()
        }
        if let expected = written.blkid { #expect(blkid == expected) }
        #expect(table?.foreignFormat == written.name)
    }

    /// mdp_superblock_1 as far as it is looked at.
    private static func md1(at offset: Int) -> [UInt8] {
        var block = [UInt8](repeating: 0, count: 256)
        block.replaceSubrange(0..<5, with: [0xfc, 0x4e, 0x2b, 0xa9, 1])
        for index in 0..<8 { block[128 + index] = UInt8(truncatingIfNeeded: (offset / 512) >> (8 * index)) }
        return block
    }

    /// A label of ZFS at each of its four places: the list of names, and the uberblocks by which this libblkid knows it.
    @Test(arguments: [0, 1, 2, 3]) func zfs(label: Int) throws {
        let size = 80 * Self.mib + 4096
        let start = label < 2 ? label * 262144 : (size / 262144 - 4 + label) * 262144
        let (blkid, table) = try both(size: size) { _, path in
            let file = try FileHandle(forWritingTo: URL(fileURLWithPath: path))
            try file.seek(toOffset: UInt64(start + 16384))
            try file.write(
                contentsOf: [1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0x24, 0, 0, 0, 0x20, 0, 0, 0, 7] + Array("version".utf8))
            for number in 0..<8 {
                try file.seek(toOffset: UInt64(start + 131072 + 1024 * number))
                try file.write(contentsOf: [0x0c, 0xb1, 0xba, 0, 0, 0, 0, 0, 0x88, 0x13])
            }
            try file.close()
        }
        #expect(blkid == "zfs_member" && table?.foreignFormat == "ZFS")
    }

    /// An array of whole disks shows its partitions at the start of each member.
    @Test func anArrayWithPartitions() throws {
        var disk = DiskSketch(size: 256 * Self.mib)
        disk.mbr([(0xee, 1, .max)])
        disk.gpt([(DiskSketch.apfs, "Macintosh HD", 2048, 4095)])
        #expect(try PartitionTableReader.table(of: disk.source)?.foreignFormat == nil)
        disk.write("Intel Raid ISM Cfg Sig. 1.3.00", at: disk.size - 1024)
        let table = try #require(try PartitionTableReader.table(of: disk.source))
        #expect(table.scheme == .gpt && table.partitions.map(\.kind) == [.apfs])
        #expect(table.foreignFormat == "Intel RAID member")
    }

    @Test func whatIsApples() throws {
        for (text, offset) in [("NXSB", 32), ("H+\u{0}\u{4}", 1024)] {
            var disk = DiskSketch(size: Self.mib)
            disk.write(text, at: offset)
            #expect(try PartitionTableReader.table(of: disk.source)?.foreignFormat == nil)
        }
    }

    /// Every row of the table is found where it says, on a disk that is large enough.
    @Test func rowsAreFound() throws {
        for signature in Signature.trailers + Signature.containers + Signature.fileSystems {
            let size = 16 * Self.mib
            let at = signature.offset < 0 ? size + signature.offset : signature.offset
            let bytes: [UInt8] =
                switch signature.magic {
                case .text(let text): Array(text.utf8)
                case .bytes(let number, let count): (0..<count).map { UInt8(truncatingIfNeeded: number >> UInt64(8 * (count - 1 - $0))) }
                }
            let source = BlockSource(size: size, blockSize: 512) { (offset, count) throws(Errno) -> [UInt8] in
                var result = [UInt8](repeating: 0, count: max(0, min(offset + count, size) - offset))
                for (index, byte) in bytes.enumerated() where result.indices.contains(at + index - offset) {
                    result[at + index - offset] = byte
                }
                return result
            }
            #expect(try PartitionTableReader.table(of: source)?.partitions.map(\.label) == [signature.format.name])
        }
    }
}
