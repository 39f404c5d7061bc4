import DiskFormats

/// Extended attributes whose values are in the attributes' tree: TN1150, "Attributes File", and Apple's hfs_format.h.
enum Attributes {
    /// kHFSPlusAttrInlineData.
    private static let inline: UInt32 = 0x10

    /// nil when the file has no such attribute, or one that is not stored in the tree.
    static func value(_ name: String, of file: UInt32, on volume: HFSPlusVolume) throws(FormatError) -> [UInt8]? {
        guard let tree = volume.attributes else { return nil }
        let wanted = Array(name.utf16)
        let place = try tree.firstPlace { (node, index) throws(FormatError) in
            let (found, units) = try key(node, index)
            if found != file { return found < file ? -1 : 1 }
            return HFSPlusName.compareExactly(units, wanted)
        }
        guard let place, try key(place.node, place.index) == (file, wanted) else { return nil }
        let (at, end) = (try place.node.key(place.index).data, place.node.record(place.index).upperBound)
        let bytes = place.node.bytes
        // The kind, two numbers that are not used, the size, and the value.
        guard at + 16 <= end, bytes.bigEndian(UInt32.self, at: at) == inline, let size = bytes.bigEndian(UInt32.self, at: at + 12),
            size <= end - at - 16
        else { return nil }
        return Array(bytes[(at + 16)..<(at + 16 + Int(size))])
    }

    /// Less than 0 when the first record's key comes before the second's: by file, then name, then block.
    static func compare(_ left: BTreeNode, _ i: Int, _ right: BTreeNode, _ j: Int) throws(FormatError) -> Int {
        let (a, b) = (try key(left, i), try key(right, j))
        if a.0 != b.0 { return a.0 < b.0 ? -1 : 1 }
        let order = HFSPlusName.compareExactly(a.1, b.1)
        if order != 0 { return order }
        func start(_ node: BTreeNode, _ index: Int) throws(FormatError) -> UInt32 {
            node.bytes.bigEndian(UInt32.self, at: try node.key(index).key.lowerBound + 6) ?? 0
        }
        let (first, second) = (try start(left, i), try start(right, j))
        return first == second ? 0 : first < second ? -1 : 1
    }

    /// Two bytes of padding, the file, the block that an attribute in extents begins with, and the name.
    private static func key(_ node: BTreeNode, _ index: Int) throws(FormatError) -> (UInt32, [UInt16]) {
        let (key, _) = try node.key(index)
        guard key.count >= 12, let file = node.bytes.bigEndian(UInt32.self, at: key.lowerBound + 2),
            let count = node.bytes.bigEndian16(at: key.lowerBound + 10), 12 + 2 * Int(count) <= key.count
        else { throw .damaged("a key of the attributes is damaged") }
        return (file, (0..<Int(count)).map { node.bytes.bigEndian16(at: key.lowerBound + 12 + 2 * $0) ?? 0 })
    }
}
