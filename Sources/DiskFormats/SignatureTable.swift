/// Magic bytes of formats that fill a whole device, and where they stand.
///
/// The facts are those of libblkid's probes (util-linux, libblkid/src/superblocks), which the tests ask as an oracle.
struct Signature {
    var format: DeviceFormat
    /// Bytes from the start of the device; negative: from its end, rounded down to 512 bytes.
    var offset: Int
    var magic: Magic

    enum Magic {
        case text(String)
        /// As on disk: the first byte is the highest of the number.
        case bytes(UInt64, count: Int)

        var count: Int {
            switch self {
            case .text(let text): text.utf8.count
            case .bytes(_, let count): count
            }
        }

        func stands(in bytes: [UInt8]) -> Bool {
            switch self {
            case .text(let text): bytes.has(text, at: 0)
            case .bytes(let number, let count):
                bytes.count >= count
                    && (0..<count).allSatisfy { bytes[$0] == UInt8(truncatingIfNeeded: number >> UInt64(8 * (count - 1 - $0))) }
            }
        }
    }

    private init(_ name: String, _ kind: Partition.Kind, _ offset: Int, _ text: String) {
        (format, self.offset, magic) = (DeviceFormat(name, kind), offset, .text(text))
    }

    private init(_ name: String, _ kind: Partition.Kind, _ offset: Int, _ number: UInt64, _ count: Int) {
        (format, self.offset, magic) = (DeviceFormat(name, kind), offset, .bytes(number, count: count))
    }

    /// At the end of a disk that is a member of an array or a replica, also where its start shows the partitions of the whole.
    static let trailers = [
        Signature("DDF RAID member", .linux, -512, 0xde11_de11, 4),
        Signature("DDF RAID member", .linux, -257 * 512, 0xde11_de11, 4),
        Signature("Intel RAID member", .linux, -1024, "Intel Raid ISM Cfg Sig. "),
        Signature("Intel RAID member", .linux, -8192, "Intel Raid ISM Cfg Sig. "),
        Signature("LSI RAID member", .linux, -512, "$XIDE$"),
        Signature("NVIDIA RAID member", .linux, -1024, "NVIDIA  "),
        Signature("Adaptec RAID member", .linux, -512, 0x37fc_4d1e, 4),
        Signature("Silicon Image RAID member", .linux, -512 + 0x60, 0x0000_002f, 4),
        Signature("HighPoint RAID member", .linux, -11 * 512, 0xf316_785a, 4),
        Signature("HighPoint RAID member", .linux, -11 * 512, 0xfd16_785a, 4),
        Signature("DRBD", .linux, -4096 + 60, 0x8374_026b, 4),
        Signature("DRBD", .linux, -4096 + 60, 0x8374_026c, 4),
        Signature("DRBD", .linux, -4096 + 60, 0x8374_026d, 4),
    ]

    /// Volume managers, encryption and caches. They come before the file systems: what they contain may show through.
    static let containers =
        [
            // 512 and 1024 bytes of GPT's header are not magic here: a disk with a table is not asked for these.
            Signature("LVM", .linux, 0x018, "LVM2 001"),
            Signature("LVM", .linux, 0x218, "LVM2 001"),
            Signature("LVM", .linux, 0x418, "LVM2 001"),
            Signature("LVM", .linux, 0x618, "LVM2 001"),
            Signature("LUKS", .linux, 0, "LUKS"),
            Signature("BitLocker", .microsoft, 3, "-FVE-FS-"),
            Signature("bcache", .linux, 4096 + 24, 0xc685_73f6_4e1a_45ca, 8),
            Signature("bcachefs", .linux, 4096 + 24, 0xc685_73f6_66ce_90a9, 8),
            Signature("Ceph BlueStore", .linux, 0, "bluestore block device"),
            Signature("Stratis", .linux, 512 + 4, 0x2153_7472_6130_7469, 8),
            Signature("Stratis", .linux, 9 * 512 + 4, 0x2153_7472_6130_7469, 8),
            Signature("VDO", .linux, 0, "dmvdo001"),
            Signature("dm-verity", .linux, 0, "verity\0\0"),
            Signature("dm-integrity", .linux, 0, "integrt\0"),
            Signature("device mapper snapshot", .linux, 0, "SnAp"),
            Signature("DRBD", .linux, 0, "$DRBDmgr=q"),
            Signature("DRBD", .linux, 0, "DRBDdlh*"),
            Signature("HighPoint RAID member", .linux, 4096 + 544, 0xf016_785a, 4),
            Signature("HighPoint RAID member", .linux, 4096 + 544, 0xfd16_785a, 4),
            Signature("VMFS", .other, 1 << 20, 0x0dd0_01c0, 4),
            Signature("VMFS", .other, 2 << 20, 0x5ef1_ab2f, 4),
            Signature("Oracle ASM", .other, 32, "ORCLDISK"),
            Signature("mpool", .linux, 0, "mpoolDev"),
            Signature("UBI", .linux, 0, "UBI#"),
        ]
        + [63, 255, 256, 16, 399, 591, 675, 735, 911, 974, 991, 951, 3087].map {
            Signature("Promise RAID member", .linux, -$0 * 512, promise)
        }
    private static let promise = "Promise Technology, Inc."

    static let fileSystems =
        [
            // nx_magic behind the 32-byte object header: Apple File System Reference, "Container".
            Signature("APFS", .apfs, 32, "NXSB"),
            // Volume header at 1024 with its version, 4 and 5: TN1150.
            Signature("HFS+", .hfsPlus, 1024, "H+\u{0}\u{4}"),
            Signature("HFSX", .hfsPlus, 1024, "HX\u{0}\u{5}"),
            Signature("NTFS", .microsoft, 3, "NTFS    "),
            Signature("exFAT", .microsoft, 3, "EXFAT   "),
            Signature("ReFS", .microsoft, 0, 0x0000_0052_6546_5300, 8),
            Signature("HPFS", .microsoft, 8192, 0x49e8_95f9, 4),
            Signature("XFS", .linux, 0, "XFSB"),
            Signature("XFS", .linux, 0, "EXFS"),
            Signature("Btrfs", .linux, 0x10040, "_BHRfS_M"),
            Signature("JFS", .linux, 0x8000, "JFS1"),
            Signature("ReiserFS", .linux, 0x2034, "ReIsErFs"),
            Signature("ReiserFS", .linux, 0x10034, "ReIsErFs"),
            Signature("ReiserFS", .linux, 0x10034, "ReIsEr2Fs"),
            Signature("ReiserFS", .linux, 0x10034, "ReIsEr3Fs"),
            Signature("Reiser4", .linux, 0x10000, "ReIsEr4"),
            Signature("F2FS", .linux, 1024, 0x1020_f5f2, 4),
            // s_rev_level 2, s_minor_rev_level 0, s_magic: the two bytes of the magic alone would be found in anything.
            Signature("NILFS", .linux, 1024, 0x0200_0000_0000_3434, 8),
            Signature("EROFS", .linux, 1024, 0xe2e1_f5e0, 4),
            Signature("SquashFS", .linux, 0, "hsqs"),
            Signature("SquashFS", .linux, 0, "sqsh"),
            Signature("cramfs", .linux, 0, 0x453d_cd28, 4),
            Signature("cramfs", .linux, 0, 0x28cd_3d45, 4),
            Signature("romfs", .linux, 0, "-rom1fs-"),
            Signature("UBIFS", .linux, 0, 0x3118_1006, 4),
            Signature("ZoneFS", .linux, 0, "SFOZ"),
            Signature("GFS2", .linux, 0x10000, 0x0116_1970, 4),
            Signature("OCFS", .linux, 8192, "OracleCFS"),
            Signature("ScoutFS", .linux, 0x10004, 0x8b42_3c10, 4),
            Signature("VxFS", .other, 1024, 0xf5fc_01a5, 4),
            Signature("VxFS", .other, 8192, 0xa501_fcf5, 4),
            Signature("SCO BFS", .other, 0, 0xcefa_ad1b, 4),
            Signature("BeFS", .other, 32, "BFS1"),
            Signature("BeFS", .other, 32, "1SFB"),
            Signature("BeFS", .other, 512 + 32, "BFS1"),
            Signature("BeFS", .other, 512 + 32, "1SFB"),
            Signature("NetWare", .other, 4096, "SPB5"),
            Signature("ISO 9660", .other, 0x8001, "CD001"),
            Signature("UDF", .other, 0x8001, "BEA01"),
            Signature("UDF", .other, 0x8001, "NSR02"),
            Signature("UDF", .other, 0x8001, "NSR03"),
            // Partition tables of other systems.
            Signature("BSD disk label", .other, 512, 0x5745_5682, 4),
            Signature("BSD disk label", .other, 64, 0x5745_5682, 4),
            Signature("SGI disk label", .other, 0, 0x0be5_a941, 4),
            Signature("AIX disk label", .other, 0, 0xc9c2_d4c1, 4),
            // Image files of hypervisors, written to a disk as they are.
            Signature("qcow2 image", .other, 0, "QFI"),
            Signature("VMDK image", .other, 0, "KDMV"),
            Signature("VHDX image", .other, 0, "vhdxfile"),
            Signature("VHD image", .other, 0, "conectix"),
        ] + [1024, 2048, 4096, 8192].map { Signature("OCFS2", .linux, $0, "OCFSV2") }
        // The last ten bytes of the first page, whose size depends on the machine.
        + [4096, 8192, 16384, 32768, 65536].flatMap { page in
            ["SWAPSPACE2", "SWAP-SPACE", "S1SUSPEND", "S2SUSPEND", "ULSUSPEND", "LINHIB0001"].map {
                Signature("swap", .linuxSwap, page - 10, $0)
            }
        }
        // fs_magic of UFS 1 and 2, in both byte orders.
        + [0, 8192, 65536, 262144].flatMap { start in
            [UInt64(0x0001_1954), 0x5419_0100, 0x1954_0119, 0x1901_5419].map { Signature("UFS", .other, start + 1372, $0, 4) }
        }
}
