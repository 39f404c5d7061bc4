import DiskFormats

/// A node of a B-tree: Apple File System Reference, btree_node_phys_t.
///
/// The header, a table of the records' places, the keys from there on, and the values from the end on.
struct APFSTreeNode: Sendable {
    private let bytes: [UInt8]
    /// The node of the tree that no other one names. It ends with what is the same for all nodes.
    let isRoot: Bool
    /// Above the leaves.
    let level: Int
    /// Records.
    let count: Int
    /// Whether the table has no lengths, because all keys and all values of the tree have the same.
    private let isFixed: Bool
    /// Where the table and the keys begin, and where the values end.
    private let table, keys, values: Int

    /// Where the header ends, and how long btree_info_t is.
    private static let (headerSize, infoSize) = (56, 40)
    /// BTNODE_ROOT, BTNODE_FIXED_KV_SIZE, BTNODE_NOHEADER.
    private static let (rootFlag, fixedFlag, headerlessFlag): (UInt16, UInt16, UInt16) = (1, 4, 0x10)

    /// - Throws: `damaged`.
    init(_ bytes: [UInt8], at address: UInt64) throws(FormatError) {
        guard let flags = bytes.littleEndian(UInt16.self, at: 32), let level = bytes.littleEndian(UInt16.self, at: 34),
            let count = bytes.littleEndian(UInt32.self, at: 36), let tableStart = bytes.littleEndian(UInt16.self, at: 40),
            let tableLength = bytes.littleEndian(UInt16.self, at: 42), let header = ObjectHeader(bytes)
        else { throw .damaged("the APFS block \(address) is no node of a tree") }
        (isRoot, isFixed) = (flags & Self.rootFlag != 0, flags & Self.fixedFlag != 0)
        // A node of a sealed tree has zeros for a header: its parent has its hash, which belongs to the seal.
        if flags & Self.headerlessFlag == 0 {
            guard ObjectHeader.hasValidChecksum(bytes) else { throw .damaged("the checksum of the APFS block \(address) is wrong") }
            let kind = isRoot ? ObjectHeader.Kind.tree : .treeNode
            guard header.type == kind.rawValue else { throw .damaged("the APFS block \(address) is no node of a tree") }
        }
        (self.level, self.count) = (Int(level), Int(count))
        table = Self.headerSize + Int(tableStart)
        keys = table + Int(tableLength)
        values = bytes.count - (isRoot ? Self.infoSize : 0)
        guard keys <= values, Int(count) * (isFixed ? 4 : 8) <= Int(tableLength) else {
            throw .damaged("the records of the APFS block \(address) are not within it")
        }
        self.bytes = bytes
    }

    func key(_ index: Int) throws(FormatError) -> [UInt8] {
        guard let offset = bytes.littleEndian(UInt16.self, at: table + index * (isFixed ? 4 : 8)) else { throw Self.damage }
        let start = keys + Int(offset)
        // Fixed: all keys of these trees have 16 bytes, or 8 in those that are not read here.
        let length = isFixed ? min(16, values - start) : Int(bytes.littleEndian(UInt16.self, at: table + index * 8 + 2) ?? 0)
        guard length >= 0, start + length <= values else { throw Self.damage }
        return Array(bytes[start..<(start + length)])
    }

    func value(_ index: Int) throws(FormatError) -> [UInt8] {
        guard let offset = bytes.littleEndian(UInt16.self, at: table + index * (isFixed ? 4 : 8) + (isFixed ? 2 : 4)) else {
            throw Self.damage
        }
        // BTOFF_INVALID: a record without a value.
        if offset == 0xffff { return [] }
        let start = values - Int(offset)
        let length = isFixed ? min(16, Int(offset)) : Int(bytes.littleEndian(UInt16.self, at: table + index * 8 + 6) ?? 0)
        guard start >= keys, start + length <= values else { throw Self.damage }
        return Array(bytes[start..<(start + length)])
    }

    private static let damage = FormatError.damaged("a record of an APFS tree is not within its node")
}
