/// The partition table in the first 512 bytes: four entries of 16 bytes from 446 on, then 0x55 0xAA.
package struct MBR: Equatable {
    package struct Entry: Equatable {
        package var type: UInt8
        /// Of 512 bytes, or of the device's block size, as the next.
        package var firstBlock: UInt32
        package var blocks: UInt32
    }

    /// Entries in use.
    package var entries: [Entry]

    /// nil without the signature, or when an entry has a status that no partition has.
    package init?(_ head: [UInt8]) {
        guard head.count >= 512, head[510] == 0x55, head[511] == 0xaa else { return nil }
        entries = []
        for offset in stride(from: 446, to: 510, by: 16) {
            // 0x80 marks the one to boot from. Anything else is code that happens to end in the signature.
            guard head[offset] & 0x7f == 0, let first = head.littleEndian(UInt32.self, at: offset + 8),
                let blocks = head.littleEndian(UInt32.self, at: offset + 12)
            else { return nil }
            if head[offset + 4] != 0 && blocks != 0 { entries.append(Entry(type: head[offset + 4], firstBlock: first, blocks: blocks)) }
        }
    }

    /// 0xEE says that a GPT follows (UEFI 2.10, 5.2.3); other entries beside it make it a hybrid.
    package var isProtective: Bool { entries.contains { $0.type == 0xee } }

    package func partitions(blockSize: Int) -> [Partition] {
        entries.map { Partition(kind: PartitionType.kind(mbr: $0.type), label: "", size: Int($0.blocks) &* blockSize) }
    }
}
