import DiskFormats

/// Where virtual objects are: identifier and transaction to block. Apple File System Reference, "Object Maps".
struct ObjectMap: Sendable {
    private let tree: APFSTree

    /// - Parameter address: the block of the map (omap_phys_t).
    init(at address: UInt64, _ blocks: BlockReader) throws(FormatError) {
        let map = try blocks.object(address, .objectMap).bytes
        // om_tree_oid: a physical object.
        guard let root = map.littleEndian(UInt64.self, at: 48) else { throw .damaged("an APFS object map is damaged") }
        tree = APFSTree(root: root, children: .physical, blocks)
    }

    /// The block of the newest version that is not younger than a transaction; nil when there is none.
    func address(of identifier: UInt64, before transaction: UInt64) throws(FormatError) -> UInt64? {
        var found: UInt64?
        try tree.forEach(from: { (key) throws(FormatError) in
            let (other, version) = try Self.key(key)
            if other != identifier { return other < identifier ? .before : .after }
            return version == transaction ? .equal : version < transaction ? .before : .after
        }) { (key, value) throws(FormatError) in
            let (other, version) = try Self.key(key)
            // omap_val_t: flags, size, address. OMAP_VAL_DELETED 1.
            if other == identifier, version <= transaction, let flags = value.littleEndian(UInt32.self, at: 0), flags & 1 == 0 {
                found = value.littleEndian(UInt64.self, at: 8)
            }
            return false
        }
        return found
    }

    private static func key(_ bytes: [UInt8]) throws(FormatError) -> (UInt64, UInt64) {
        guard let identifier = bytes.littleEndian(UInt64.self, at: 0), let transaction = bytes.littleEndian(UInt64.self, at: 8) else {
            throw .damaged("a key of an APFS object map is damaged")
        }
        return (identifier, transaction)
    }
}
