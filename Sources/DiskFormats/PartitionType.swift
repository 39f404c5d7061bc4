import LinuxSupport

/// What the type of a partition says it holds.
package enum PartitionType {
    /// - Parameter gpt: the 16 bytes of a type GUID as on disk: its first three groups are little-endian.
    package static func kind(gpt: [UInt8]) -> Partition.Kind {
        let guid = text(gpt)
        if let kind = gptKinds[guid] { return kind }
        // Apple's types spell what they are in ASCII before this ending: "RAID", "Boot", "Storag".
        return guid.hasSuffix("11AA-AA11-00306543ECAC") ? .appleOther : .other
    }

    /// https://en.wikipedia.org/wiki/GUID_Partition_Table#Partition_type_GUIDs, Apple's from TN2166.
    private static let gptKinds: [String: Partition.Kind] = [
        "7C3457EF-0000-11AA-AA11-00306543ECAC": .apfs,
        "48465300-0000-11AA-AA11-00306543ECAC": .hfsPlus,
        "C12A7328-F81F-11D2-BA4B-00A0C93EC93B": .esp,
        "21686148-6449-6E6F-744E-656564454649": .biosBoot,
        "0FC63DAF-8483-4772-8E79-3D69D8477DE4": .linux,
        // Discoverable partitions of systemd: root (x86-64), /usr, /home, /srv, /var, XBOOTLDR.
        "4F68BCE3-E8CD-4DB1-96E7-FBCAF984B709": .linux,
        "8484680C-9521-48C6-9C11-B0720656F69E": .linux,
        "933AC7E1-2EB4-4F13-B844-0E14E2AEF915": .linux,
        "3B8F8425-20E0-4F3B-907F-1A25A76F98E8": .linux,
        "4D21B016-B534-45C2-A9FB-5C16E091FD2D": .linux,
        "BC13C2FF-59E6-4262-A352-B275FD6F7172": .linux,
        // LVM, RAID, LUKS.
        "E6D6D379-F507-44C2-A23C-238F2A3DF928": .linux,
        "A19D880F-05FC-4D3B-A006-743F0F84911E": .linux,
        "CA7D7CCB-63ED-4C53-861C-1742536059CC": .linux,
        "0657FD6D-A4AB-43C4-84E5-0933C84B4F4F": .linuxSwap,
        // Basic data, reserved, recovery.
        "EBD0A0A2-B9E5-4433-87C0-68B6B72699C7": .microsoft,
        "E3C9E316-0B5C-4DB8-817D-F92DF00215AE": .microsoft,
        "DE94BBA4-06D1-4D40-A16A-BFD50179D6AC": .microsoft,
    ]

    /// The usual spelling of a GUID on disk, in upper case; empty unless there are 16 bytes.
    package static func text(_ guid: [UInt8]) -> String { GUID(mixedEndian: guid)?.uppercaseText ?? "" }

    /// The type byte of an MBR partition: https://www.win.tue.nl/~aeb/partitions/partition_types-1.html
    package static func kind(mbr: UInt8) -> Partition.Kind {
        switch mbr {
        case 0xaf: .hfsPlus
        // Darwin UFS, Darwin boot, Apple RAID.
        case 0xa8, 0xab, 0xac: .appleOther
        case 0xef: .esp
        case 0x01, 0x04, 0x06, 0x0b, 0x0c, 0x0e: .fat
        case 0x83, 0x8e, 0xfd: .linux
        case 0x82: .linuxSwap
        case 0x07: .microsoft
        default: .other
        }
    }
}
