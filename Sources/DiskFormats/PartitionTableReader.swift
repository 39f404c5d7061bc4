package import SystemPackage

/// Says what is on a disk: GPT, MBR, or one format without partitions.
package enum PartitionTableReader {
    /// The first blocks, the header and 128 entries of a GPT, for blocks of 4096 bytes.
    package static let headSize = 6 * 4096

    /// What is on the disk; nil for a blank disk and for one that holds nothing known.
    /// - Throws: the `Errno` of reading the device.
    package static func table(of source: BlockSource) throws(Errno) -> PartitionTable? {
        let head = try source.head(headSize)
        if case .gpt(let entries, let blockSize) = try found(on: source, head: head) {
            let device = try SignatureReader(source, head: head)
            let member = try DeviceFormat.membership(of: device)
            return PartitionTable(
                scheme: .gpt, partitions: entries.map(\.partition), blockSize: blockSize == 512 ? nil : blockSize, member: member?.name)
        }
        if let table = try whole(source) { return table }
        return try partitioned(source, head: head)
    }

    /// One format over the whole device. It outranks an MBR, for which its boot sector may be taken.
    private static func whole(_ source: BlockSource) throws(Errno) -> PartitionTable? {
        let device = try SignatureReader(source, head: try source.head(SignatureReader.headSize))
        var format = try DeviceFormat.membership(of: device)
        if format == nil { format = try DeviceFormat.find(on: device) }
        guard let format else { return nil }
        return PartitionTable(scheme: .none, partitions: [Partition(kind: format.kind, label: format.name, size: source.size)])
    }

    private static func partitioned(_ source: BlockSource, head: [UInt8]) throws(Errno) -> PartitionTable? {
        guard case .mbr(let mbr) = try found(on: source, head: head) else { return nil }
        return PartitionTable(scheme: .mbr, partitions: mbr.partitions(blockSize: source.blockSize))
    }

    /// Where the partitions are; nil without a table.
    /// - Throws: the `Errno` of reading the device.
    package static func layout(of source: BlockSource) throws(Errno) -> PartitionLayout? {
        switch try found(on: source, head: try source.head(headSize)) {
        case .gpt(let entries, let blockSize):
            PartitionLayout(
                scheme: .gpt,
                extents: entries.map {
                    PartitionLayout.Extent(offset: bytes($0.firstBlock, blockSize: blockSize), size: $0.partition.size, type: $0.type)
                })
        case .mbr(let mbr):
            PartitionLayout(
                scheme: .mbr,
                extents: mbr.entries.map {
                    PartitionLayout.Extent(
                        offset: bytes(UInt64($0.firstBlock), blockSize: source.blockSize), size: Int($0.blocks) * source.blockSize,
                        type: String($0.type, radix: 16))
                })
        case nil: nil
        }
    }

    private static func bytes(_ block: UInt64, blockSize: Int) -> Int? {
        let (bytes, overflow) = (Int(exactly: block) ?? .max).multipliedReportingOverflow(by: blockSize)
        return overflow ? nil : bytes
    }

    private enum Found {
        case gpt([GPT.Entry], blockSize: Int)
        /// With at least one entry.
        case mbr(MBR)
    }

    private static func found(on source: BlockSource, head: [UInt8]) throws(Errno) -> Found? {
        let mbr = MBR(head)
        // Without a protective entry, partitions of an MBR outrank a GPT: it is a leftover, and Linux and macOS ignore it too.
        if mbr?.entries.isEmpty ?? true || mbr?.isProtective ?? false {
            if let gpt = try gpt(of: source, head: head, isProtected: mbr?.isProtective ?? false) { return gpt }
        }
        guard let mbr, !mbr.entries.isEmpty else { return nil }
        return .mbr(mbr)
    }

    private static func gpt(of source: BlockSource, head: [UInt8], isProtected: Bool) throws(Errno) -> Found? {
        // The device's own block size first; a disk image made for the other one is still recognized.
        let sizes = source.blockSize == 4096 ? [4096, 512] : [512, 4096]
        for blockSize in sizes {
            if let found = try GPT.entries(of: source, blockSize: blockSize, block: 1, head: head) {
                return .gpt(found, blockSize: blockSize)
            }
        }
        // The last block has the backup. It is worth a read only where the MBR says that there was a GPT.
        guard isProtected else { return nil }
        for blockSize in sizes where source.size >= 3 * blockSize {
            let last = UInt64(source.size / blockSize - 1)
            if let found = try GPT.entries(of: source, blockSize: blockSize, block: last, head: head) {
                return .gpt(found, blockSize: blockSize)
            }
        }
        return nil
    }
}
