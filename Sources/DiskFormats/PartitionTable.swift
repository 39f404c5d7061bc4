/// The partitions of a disk, or the one format that fills it.
package struct PartitionTable: Codable, Equatable, Sendable {
    package enum Scheme: String, Codable, Sendable {
        case gpt, mbr
        /// A file system over the whole device: FAT, HFS+ or APFS without partitions.
        case none
    }
    package var scheme: Scheme
    package var partitions: [Partition]
}

package struct Partition: Codable, Equatable, Sendable {
    package enum Kind: String, Codable, Sendable {
        case apfs, hfsPlus, appleOther, esp, fat, linux, linuxSwap, microsoft, biosBoot, other
    }
    package var kind: Kind
    /// GPT partition name; empty on MBR. Of a whole device, the format's name: "HFS+", "ext4", "qcow2 image".
    package var label: String
    package var size: Int
    /// GPT unique GUID, lower case; nil on MBR.
    package var uuid: String?
}
