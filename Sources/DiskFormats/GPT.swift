import Diagnostics
import LinuxSupport
package import SystemPackage

/// The GUID partition table: UEFI 2.10, chapter 5.3.
package struct GPT {
    /// A header whose checksum is right.
    package struct Header: Equatable {
        package var entriesBlock: UInt64
        package var entryCount: Int
        package var entrySize: Int
        package var entriesChecksum: UInt32

        /// nil unless the bytes are a header that names `block` as its own place.
        package init?(_ bytes: [UInt8], block: UInt64) {
            guard bytes.has("EFI PART", at: 0), let length = bytes.littleEndian(UInt32.self, at: 12),
                (92...UInt32(bytes.count)).contains(length),
                let checksum = bytes.littleEndian(UInt32.self, at: 16), bytes.littleEndian(UInt64.self, at: 24) == block,
                let entriesBlock = bytes.littleEndian(UInt64.self, at: 72), let count = bytes.littleEndian(UInt32.self, at: 80),
                let size = bytes.littleEndian(UInt32.self, at: 84), let entriesChecksum = bytes.littleEndian(UInt32.self, at: 88)
            else { return nil }
            var covered = Array(bytes[..<Int(length)])
            for index in 16..<20 { covered[index] = 0 }
            guard CRC32.checksum(covered) == checksum else { return nil }
            // An entry is 128 bytes times a power of two. The rest bounds what is read: 128 entries are usual, 1024 were seen.
            guard (128...4096).contains(size), size.nonzeroBitCount == 1, (1...4096).contains(count), entriesBlock >= 1 else { return nil }
            self.entriesBlock = entriesBlock
            self.entryCount = Int(count)
            self.entrySize = Int(size)
            self.entriesChecksum = entriesChecksum
        }
    }

    /// One partition, and where it is.
    package struct Entry: Equatable {
        package var partition: Partition
        /// Upper case.
        package var type: String
        package var firstBlock: UInt64
    }

    /// The entries of the table whose header is in block `block`; nil when header or entries are damaged or absent.
    ///
    /// - Parameter head: the first bytes of the device, so that the usual table costs no further read.
    package static func entries(of source: BlockSource, blockSize: Int, block: UInt64, head: [UInt8]) throws(Errno) -> [Entry]? {
        guard let bytes = try bytes(of: source, block: block, blockSize: blockSize, count: blockSize, head: head),
            let header = Header(bytes, block: block),
            let entries = try Self.bytes(
                of: source, block: header.entriesBlock, blockSize: blockSize, count: header.entryCount * header.entrySize, head: head),
            CRC32.checksum(entries) == header.entriesChecksum
        else { return nil }
        return (0..<header.entryCount).compactMap { entry(entries, at: $0 * header.entrySize, blockSize: blockSize) }
    }

    private static func bytes(of source: BlockSource, block: UInt64, blockSize: Int, count: Int, head: [UInt8]) throws(Errno) -> [UInt8]? {
        guard let block = Int(exactly: block) else { return nil }
        let (offset, overflow) = block.multipliedReportingOverflow(by: blockSize)
        guard !overflow, offset >= 0, count > 0, count <= source.size, offset <= source.size - count else { return nil }
        if offset + count <= head.count { return Array(head[offset..<(offset + count)]) }
        let bytes = try source.read(offset, count)
        return bytes.count == count ? bytes : nil
    }

    private static func entry(_ entries: [UInt8], at offset: Int, blockSize: Int) -> Entry? {
        let type = Array(entries[offset..<(offset + 16)])
        guard type.contains(where: { $0 != 0 }), let first = entries.littleEndian(UInt64.self, at: offset + 32),
            let last = entries.littleEndian(UInt64.self, at: offset + 40)
        else { return nil }
        let units = (0..<36).map { entries.littleEndian(UInt16.self, at: offset + 56 + 2 * $0) ?? 0 }
        let partition = Partition(
            kind: PartitionType.kind(gpt: type), label: String(decoding: units.prefix { $0 != 0 }, as: UTF16.self).printable,
            size: size(first: first, last: last, blockSize: blockSize),
            uuid: GUID(mixedEndian: Array(entries[(offset + 16)..<(offset + 32)]))?.text)
        return Entry(partition: partition, type: PartitionType.text(type), firstBlock: first)
    }

    /// 0 for a partition that ends before it begins or is larger than any device.
    private static func size(first: UInt64, last: UInt64, blockSize: Int) -> Int {
        guard last >= first, let blocks = Int(exactly: last - first), blocks < Int.max / blockSize else { return 0 }
        return (blocks + 1) * blockSize
    }
}
