/// The partitions of a disk, or the one format that fills it.
package struct PartitionTable: Codable, Equatable, Sendable {
    package enum Scheme: String, Codable, Sendable {
        case gpt, mbr
        /// One format over the whole device, without partitions.
        case none
    }
    package var scheme: Scheme
    package var partitions: [Partition]
    /// Of a GPT that counts in blocks of another size than 512 bytes, that size; else nil.
    package var blockSize: Int?
    /// The array or replica that the disk belongs to in spite of its partitions: "Intel RAID member".
    package var member: String?

    /// The format of other data that fills this disk and would be lost. Partitions are not examined.
    package var foreignFormat: String? {
        if let member { return member }
        guard scheme == .none, let format = partitions.first, !format.kind.isApple else { return nil }
        return format.label
    }
}

package struct Partition: Codable, Equatable, Sendable {
    package enum Kind: String, Codable, Sendable {
        case apfs, hfsPlus, appleOther, esp, fat, linux, linuxSwap, microsoft, biosBoot, other

        package var isApple: Bool { self == .apfs || self == .hfsPlus || self == .appleOther }
    }
    package var kind: Kind
    /// GPT partition name; empty on MBR. Of a whole device, the format's name: "HFS+", "ext4", "qcow2 image".
    package var label: String
    package var size: Int
    /// GPT unique GUID, lower case; nil on MBR.
    package var uuid: String?
}

/// Where the partitions of a disk are.
package struct PartitionLayout: Equatable, Sendable {
    package struct Extent: Equatable, Sendable {
        /// Bytes from the start of the disk; nil when the entry points past the end of every disk.
        package var offset: Int?
        /// Bytes.
        package var size: Int
        /// A GUID in upper case, or the hexadecimal digits of an MBR's type.
        package var type: String
    }
    package var scheme: PartitionTable.Scheme
    package var extents: [Extent]
}
