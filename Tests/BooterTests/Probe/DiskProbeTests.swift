import Testing

@testable import Booter

struct DiskProbeTests {
    @Test(arguments: ["sda", "sdaa", "vdb", "xvda", "hda", "nvme0n1", "mmcblk0", "pmem0", "nbd0", "xvdba", "zd0"])
    func disks(name: String) { #expect(BlockDeviceName(name).isDisk) }

    @Test(arguments: ["loop0", "ram15", "zram0", "sr0", "fd0", "dm-3", "md127", "mmcblk0boot0", "mmcblk1rpmb", "mtdblock0"])
    func others(name: String) { #expect(!BlockDeviceName(name).isDisk) }

    @Test func orderIsTheKernels() {
        let names = ["sdaa", "nvme10n1", "sdb", "nvme2n1", "vda", "sdz", "sda"]
        #expect(names.sorted(by: BlockDeviceName.precedes) == ["nvme2n1", "nvme10n1", "sda", "sdb", "sdz", "sdaa", "vda"])
    }

    @Test(
        arguments: [
            ([0, 0x80, 0, 4] + Array("ABCD".utf8), "ABCD"), ([0, 0x80, 0, 6] + Array("  AB  ".utf8), "AB"),
            ([0, 0x80, 0, 2] + Array("ABCD".utf8), "AB"),
            ([0, 0x80, 0xff, 0xff] + Array("ABCD".utf8), "ABCD"), ([0, 0x83, 0, 4] + Array("ABCD".utf8), nil), ([0, 0x80, 0, 4], nil),
            ([], nil),
            ([0, 0x80, 0, 2, 0x20, 0x20], nil), ([0, 0x80, 0, 3, 0x41, 0x1b, 0x42], "A?B"),
        ] as [([UInt8], String?)])
    func serialOfTheSCSIPage(page: [UInt8], expected: String?) {
        #expect(DiskIdentity.unitSerial(page) == expected)
    }

    private func machine() throws -> ScratchMachine {
        let machine = try ScratchMachine([
            "/sys/block/sdb/size": "2048\n", "/sys/block/sdb/dev": "8:16\n", "/sys/block/sdb/ro": "1\n",
            "/sys/block/sdb/sdb1/dev": "8:17\n",
            "/sys/block/sdb/sdb1/partition": "1\n", "/sys/block/sdb/sdb2/dev": "8:18\n", "/sys/block/sdb/sdb2/partition": "2\n",
            "/sys/block/sdb/sdb2/holders/dm-0/x": "", "/sys/block/sdb/queue/logical_block_size": "512\n",
            "/sys/block/sdc/size": "0\n", "/sys/block/sdd/size": "x\n", "/sys/block/sde/size": "36028797018963968\n",
            "/proc/swaps": "Filename\n",
        ])
        try machine.symlink("/dev/disk/by-id/mine", to: "../../sdb")
        try machine.symlink("/dev/disk/by-id/mine-part1", to: "../../sdb1")
        try machine.symlink("/dev/macos", to: "sdb")
        return machine
    }

    @Test func useOfPartitionsIsUseOfTheDisk() throws {
        let machine = try machine()
        let mounts = MountInfo.parse(
            """
            50 1 8:17 / /mnt/with\\040blank rw - vfat /dev/sdb1 rw
            51 1 0:44 /root /data rw - btrfs /dev/sdb2 rw
            52 1 8:1 / / rw - ext4 /dev/sda1 rw
            """)
        try machine.write("Filename\tType\n/dev/sdb2 partition 1 0 -2\n/swapfile file 1 0 -2\n", to: "/proc/swaps")
        let disk = try #require(DiskReader(root: machine.root, wanted: nil).disks(mounts: mounts).first)
        #expect(disk.mounts == ["/mnt/with blank", "/data", "swap"])
        #expect(disk.holders == ["dm-0"])
        #expect(disk.readOnly && disk.size == 1 << 20)
    }

    @Test func disksWithoutAMediumOrASizeAreLeftOut() throws {
        let machine = try machine()
        #expect(DiskReader(root: machine.root, wanted: nil).disks(mounts: []).map(\.name) == ["sdb"])
    }

    @Test func namesOfTheSameDisk() throws {
        let machine = try machine()
        #expect(DiskReader(root: machine.root, wanted: nil).disks(mounts: []).first?.aliases == ["/dev/disk/by-id/mine"])
        #expect(
            DiskReader(root: machine.root, wanted: "/dev/macos").disks(mounts: []).first?.aliases == ["/dev/disk/by-id/mine", "/dev/macos"])
    }

    @Test(arguments: [
        ("a\\040b", "a b"), ("\\134", "\\"), ("a\\", "a\\"), ("\\04", "\\04"), ("\\777", "\\777"), ("\\303\\251", "é"), ("", ""),
    ])
    func escapesInMountPoints(text: String, expected: String) {
        #expect(MountInfo.unescaped(text[...]) == expected)
    }

    @Test(arguments: [
        "", "1 2 3", "1 2 8:1 / / rw", "1 2 8:1 / / rw shared:1 ext4 /dev/sda rw", "1 2 8:1 / / rw shared:1 x -", "- - - - - - - - -",
    ])
    func whatIsNoMountIsLeftOut(line: String) {
        #expect(MountInfo.parse(line).isEmpty)
    }
}
