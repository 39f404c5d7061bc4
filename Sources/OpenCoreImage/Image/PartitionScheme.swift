import DiskFormats
import DiskImage

/// How the one partition is announced.
package enum PartitionScheme: String, CaseIterable, Sendable {
    /// Every firmware reads it.
    case mbr
    case gpt

    /// Where the partition begins, in sectors: 1 MiB, as all partitioning tools have it.
    static let start = 2048

    /// The table for a partition of so many sectors.
    func table(sectors: Int, _ identifiers: ImageIdentifiers) -> DiskLayout {
        switch self {
        case .mbr:
            // 0C: FAT32 with LBA. boot0 starts the active partition.
            DiskLayout(
                .mbr(identifiers.diskSignature), [.init(start: Self.start, sectors: sectors, type: "0c", active: true)])
        case .gpt:
            // boot0 looks for a FAT32 EFI system partition when the MBR has nothing active.
            DiskLayout(
                .gpt(identifiers.diskUUID),
                [
                    .init(
                        start: Self.start, sectors: sectors, type: DiskLayout.efiSystem, uuid: identifiers.partitionUUID,
                        name: "OpenCore")
                ])
        }
    }

    /// Bytes of a disk with a partition of so many sectors.
    func diskSize(sectors: Int) -> Int {
        let end = Self.start + sectors
        // A whole MiB for GPT's second copy keeps the disk's size even.
        return (self == .gpt ? end + Self.start : end) * DiskLayout.sector
    }
}
