package import SystemPackage

/// Says what is on a disk from its first 24 KiB: GPT, MBR, or a file system without partitions.
package enum PartitionTableReader {
    /// The first blocks, the header and 128 entries of a GPT, for blocks of 4096 bytes.
    package static let headSize = 6 * 4096

    /// nil for a blank disk and for one that holds nothing we know.
    /// - Throws: the `Errno` of reading the device.
    package static func table(of source: BlockSource) throws(Errno) -> PartitionTable? {
        let head = try source.head(headSize)
        let mbr = MBR(head)
        // Without a protective entry, partitions of an MBR outrank a GPT: it is a leftover, and Linux and macOS ignore it too.
        if mbr?.entries.isEmpty ?? true || mbr?.isProtective ?? false {
            if let partitions = try gpt(of: source, head: head, isProtected: mbr?.isProtective ?? false) {
                return PartitionTable(scheme: .gpt, partitions: partitions)
            }
        }
        if let format = DeviceFormat(head) {
            return PartitionTable(scheme: .none, partitions: [Partition(kind: format.kind, label: format.name, size: source.size)])
        }
        guard let mbr, !mbr.entries.isEmpty else { return nil }
        return PartitionTable(scheme: .mbr, partitions: mbr.partitions(blockSize: source.blockSize))
    }

    private static func gpt(of source: BlockSource, head: [UInt8], isProtected: Bool) throws(Errno) -> [Partition]? {
        // The device's own block size first; a disk image made for the other one is still recognized.
        let sizes = source.blockSize == 4096 ? [4096, 512] : [512, 4096]
        for blockSize in sizes {
            if let found = try GPT.partitions(of: source, blockSize: blockSize, block: 1, head: head) { return found }
        }
        // The last block has the backup. It is worth a read only where the MBR says that there was a GPT.
        guard isProtected else { return nil }
        for blockSize in sizes where source.size >= 3 * blockSize {
            let last = UInt64(source.size / blockSize - 1)
            if let found = try GPT.partitions(of: source, blockSize: blockSize, block: last, head: head) { return found }
        }
        return nil
    }
}
