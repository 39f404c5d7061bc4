/// What fills a whole device that has no partition table, recognized by its magic bytes.
///
/// The last rows are image files of hypervisors: written to a disk as they are, they look like data but boot nowhere.
package struct DeviceFormat: Equatable {
    package var name: String
    package var kind: Partition.Kind

    /// nil when nothing is recognized. - Parameter head: the first bytes of the device, 4096 are enough.
    package init?(_ head: [UInt8]) {
        guard let format = Self.magics.first(where: { head.has($0.magic, at: $0.offset) })?.format ?? Self.fat(head) ?? Self.ext(head)
        else { return nil }
        self = format
    }

    private init(_ name: String, _ kind: Partition.Kind) {
        self.name = name
        self.kind = kind
    }

    private static let magics: [(magic: String, offset: Int, format: DeviceFormat)] = [
        // nx_magic behind the 32-byte object header: Apple File System Reference, "Container".
        ("NXSB", 32, DeviceFormat("APFS", .apfs)),
        // Volume header at 1024 with its version, 4 and 5: TN1150.
        ("H+\u{0}\u{4}", 1024, DeviceFormat("HFS+", .hfsPlus)),
        ("HX\u{0}\u{5}", 1024, DeviceFormat("HFSX", .hfsPlus)),
        ("NTFS    ", 3, DeviceFormat("NTFS", .microsoft)),
        ("EXFAT   ", 3, DeviceFormat("exFAT", .microsoft)),
        ("XFSB", 0, DeviceFormat("XFS", .linux)),
        ("LUKS", 0, DeviceFormat("LUKS", .linux)),
        ("LABELONE", 512, DeviceFormat("LVM", .linux)),
        ("SWAPSPACE2", 4086, DeviceFormat("swap", .linuxSwap)),
        ("QFI", 0, DeviceFormat("qcow2 image", .other)),
        ("KDMV", 0, DeviceFormat("VMDK image", .other)),
        ("vhdxfile", 0, DeviceFormat("VHDX image", .other)),
        ("conectix", 0, DeviceFormat("VHD image", .other)),
    ]

    /// The type string of a FAT boot sector is a comment; the numbers before it have to make sense too.
    private static func fat(_ head: [UInt8]) -> DeviceFormat? {
        guard head.has("FAT32   ", at: 82) || head.has("FAT16   ", at: 54) || head.has("FAT12   ", at: 54),
            let sector = head.littleEndian(UInt16.self, at: 11), [512, 1024, 2048, 4096].contains(sector),
            head[13].nonzeroBitCount == 1, head.littleEndian(UInt16.self, at: 14) != 0, (1...2).contains(head[16])
        else { return nil }
        return DeviceFormat("FAT", .fat)
    }

    /// s_magic of ext2, 3 and 4, in the superblock at 1024.
    private static func ext(_ head: [UInt8]) -> DeviceFormat? {
        head.littleEndian(UInt16.self, at: 1024 + 56) == 0xef53 ? DeviceFormat("ext4", .linux) : nil
    }
}
