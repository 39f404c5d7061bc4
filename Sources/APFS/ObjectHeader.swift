import DiskFormats

/// What each block of metadata begins with, 32 bytes: Apple File System Reference, obj_phys_t.
struct ObjectHeader: Equatable, Sendable {
    /// What a block is: the lower half of o_type.
    enum Kind: UInt16, Sendable {
        case container = 1
        case tree = 2
        case treeNode = 3
        case objectMap = 11
        case volume = 13
    }

    let identifier, transaction: UInt64
    let type: UInt16

    static let size = 32

    init?(_ block: [UInt8]) {
        guard let identifier = block.littleEndian(UInt64.self, at: 8), let transaction = block.littleEndian(UInt64.self, at: 16),
            let type = block.littleEndian(UInt16.self, at: 24), block.count >= Self.size
        else { return nil }
        (self.identifier, self.transaction, self.type) = (identifier, transaction, type)
    }

    /// Whether the block's first eight bytes are the checksum of the others: Fletcher's over words of 32 bits, turned so that the
    /// checksum of the whole block is 0.
    static func hasValidChecksum(_ block: [UInt8]) -> Bool {
        guard block.count > 8, block.count.isMultiple(of: 4), let stored = block.littleEndian(UInt64.self, at: 0) else { return false }
        let modulus: UInt64 = 0xffff_ffff
        var (low, high): (UInt64, UInt64) = (0, 0)
        // A block has at most 64 KiB: neither sum of its 16,384 words can overflow 64 bits.
        for offset in stride(from: 8, to: block.count, by: 4) {
            low += UInt64(block.littleEndian(UInt32.self, at: offset) ?? 0)
            high += low
        }
        low %= modulus
        high %= modulus
        let first = modulus - (low + high) % modulus
        let second = modulus - (low + first) % modulus
        return stored == second << 32 | first
    }
}
