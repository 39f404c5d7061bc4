import DiskFormats
import Synchronization

/// Reads a B-tree of HFS+: TN1150, "B-Trees". A file of nodes; the leaves are linked in the order of their keys.
struct BTree: Sendable {
    let header: BTreeHeader
    private let file: any ByteSource
    private let cache = NodeCache()

    /// Deeper trees have more nodes than any disk has room for.
    static let depthLimit = 16

    /// - Throws: `damaged`.
    init(_ file: any ByteSource) throws(FormatError) {
        guard file.size >= 512, let header = BTreeHeader(try file.head(512)), header.depth <= Self.depthLimit,
            Int(header.nodes) * header.nodeSize <= file.size
        else { throw .damaged("the header of a B-tree is damaged") }
        (self.file, self.header) = (file, header)
    }

    /// - Throws: `damaged` for a number that the tree does not have, or a node whose records overlap.
    func node(_ number: UInt32) throws(FormatError) -> BTreeNode {
        if let node = cache[number] { return node }
        guard number < header.nodes else { throw .damaged("a B-tree refers to the node \(number) of \(header.nodes)") }
        let node = try BTreeNode(try file.bytes(at: Int(number) * header.nodeSize, count: header.nodeSize), number: number)
        cache[number] = node
        return node
    }

    /// A record of a leaf.
    struct Place {
        var node: BTreeNode
        var index: Int
    }

    /// The first record whose key is not before the one that is looked for; nil when there is none.
    /// - Parameter compare: says how a key compares with the one that is looked for: less than 0 when it comes before it.
    func firstPlace(_ compare: (BTreeNode, Int) throws(FormatError) -> Int) throws(FormatError) -> Place? {
        guard header.depth > 0, header.root != 0 else { return nil }
        var node = try node(header.root)
        for level in stride(from: Int(header.depth), to: 1, by: -1) {
            guard node.kind == .index, Int(node.height) == level, node.count > 0 else { throw Self.damage }
            // The last key at or before it leads on; before the first one, that does.
            var (low, high) = (0, node.count)
            while high - low > 1 {
                let middle = (low + high) / 2
                if try compare(node, middle) <= 0 { low = middle } else { high = middle }
            }
            node = try self.node(try node.child(low))
        }
        guard node.kind == .leaf, node.height == 1 else { throw Self.damage }
        var (low, high) = (0, node.count)
        while low < high {
            let middle = (low + high) / 2
            if try compare(node, middle) < 0 { low = middle + 1 } else { high = middle }
        }
        if low < node.count { return Place(node: node, index: low) }
        guard node.next != 0 else { return nil }
        let next = try self.node(node.next)
        guard next.kind == .leaf, next.count > 0 else { throw Self.damage }
        return Place(node: next, index: 0)
    }

    /// Calls `body` with each record from a place on, until it returns false.
    func forEach(from place: Place?, _ body: (BTreeNode, Int) throws(FormatError) -> Bool) throws(FormatError) {
        guard var place else { return }
        // Links can form a loop.
        var left = Int(header.nodes)
        while true {
            while place.index < place.node.count {
                guard try body(place.node, place.index) else { return }
                place.index += 1
            }
            guard place.node.next != 0 else { return }
            left -= 1
            guard left > 0, case let next = try node(place.node.next), next.kind == .leaf else { throw Self.damage }
            place = Place(node: next, index: 0)
        }
    }

    /// Calls `body` with each record of the leaves.
    func forEach(_ body: (BTreeNode, Int) throws(FormatError) -> Bool) throws(FormatError) {
        guard header.depth > 0, header.firstLeaf != 0 else { return }
        let first = try node(header.firstLeaf)
        guard first.kind == .leaf else { throw Self.damage }
        try forEach(from: Place(node: first, index: 0), body)
    }

    private static let damage = FormatError.damaged("a B-tree is damaged: its nodes are not linked as they should be")
}

/// The first record of a B-tree's first node.
struct BTreeHeader: Equatable, Sendable {
    var depth: UInt16
    /// Numbers of nodes; 0 for none.
    var root, firstLeaf, lastLeaf: UInt32
    var leafRecords: UInt32
    var nodeSize: Int
    var maxKeyLength: UInt16
    var nodes, freeNodes: UInt32
    var clumpSize: UInt32
    /// 0xbc for a catalog that is ordered unit by unit, 0xcf for one that ignores case; of other trees 0.
    var keyCompareType: UInt8
    var attributes: UInt32

    static let compareExactly: UInt8 = 0xbc
    static let compareIgnoringCase: UInt8 = 0xcf
    /// Keys have lengths of 16 bits: kBTBigKeysMask; those of index nodes have the length of each key: kBTVariableIndexKeysMask.
    static let bigKeys: UInt32 = 2
    static let variableIndexKeys: UInt32 = 4

    init(nodeSize: Int, maxKeyLength: UInt16, keyCompareType: UInt8, variableKeys: Bool) {
        (depth, root, firstLeaf, lastLeaf, leafRecords, nodes, freeNodes, clumpSize) = (0, 0, 0, 0, 0, 0, 0, 0)
        (self.nodeSize, self.maxKeyLength, self.keyCompareType) = (nodeSize, maxKeyLength, keyCompareType)
        attributes = Self.bigKeys | (variableKeys ? Self.variableIndexKeys : 0)
    }

    /// nil unless the bytes begin a header node.
    init?(_ bytes: [UInt8]) {
        guard bytes.count >= 120, bytes[8] == BTreeNode.Kind.header.rawValue, let depth = bytes.bigEndian16(at: 14),
            let nodeSize = bytes.bigEndian16(at: 32), nodeSize >= 512, nodeSize.nonzeroBitCount == 1,
            let maxKeyLength = bytes.bigEndian16(at: 34)
        else { return nil }
        func word(_ offset: Int) -> UInt32 { bytes.bigEndian(UInt32.self, at: offset) ?? 0 }
        (self.depth, self.nodeSize, self.maxKeyLength) = (depth, Int(nodeSize), maxKeyLength)
        (root, leafRecords, firstLeaf, lastLeaf) = (word(16), word(20), word(24), word(28))
        (nodes, freeNodes, clumpSize) = (word(36), word(40), word(46))
        keyCompareType = bytes[51]
        attributes = word(52)
    }

    /// The record: 106 bytes.
    var bytes: [UInt8] {
        var writer = BigEndianWriter()
        writer.append(depth)
        for number in [root, leafRecords, firstLeaf, lastLeaf] { writer.append(number) }
        writer.append(UInt16(truncatingIfNeeded: nodeSize))
        writer.append(maxKeyLength)
        writer.append(nodes)
        writer.append(freeNodes)
        writer.zeros(2)
        writer.append(clumpSize)
        writer.append([0, keyCompareType])
        writer.append(attributes)
        writer.zeros(64)
        return writer.bytes
    }
}

/// A node of a B-tree, whose records are within it and do not overlap.
struct BTreeNode: Sendable {
    enum Kind: UInt8, Sendable {
        case index = 0
        case header = 1
        case map = 2
        case leaf = 0xff
    }

    let number: UInt32
    let kind: Kind
    let height: UInt8
    /// The nodes of the same kind before and after it; 0 for none.
    let next, previous: UInt32
    let bytes: [UInt8]
    /// Where the records begin, and at the end where the free space does.
    private let offsets: [Int]

    static let descriptorSize = 14

    var count: Int { offsets.count - 1 }
    var freeSpace: Int { bytes.count - 2 * offsets.count - (offsets.last ?? 0) }

    init(_ bytes: [UInt8], number: UInt32) throws(FormatError) {
        guard let next = bytes.bigEndian(UInt32.self, at: 0), let previous = bytes.bigEndian(UInt32.self, at: 4), bytes.count >= 512,
            let kind = Kind(rawValue: bytes[8]), let count = bytes.bigEndian16(at: 10)
        else { throw .damaged("the node \(number) of a B-tree is damaged") }
        (self.number, self.next, self.previous, self.kind, height, self.bytes) = (number, next, previous, kind, bytes[9], bytes)
        let table = 2 * (Int(count) + 1)
        guard table <= bytes.count - Self.descriptorSize else { throw .damaged("the node \(number) of a B-tree has too many records") }
        var (offsets, last): ([Int], Int) = ([], Self.descriptorSize)
        for index in 0...Int(count) {
            let offset = Int(bytes.bigEndian16(at: bytes.count - 2 * (index + 1)) ?? 0)
            guard offset >= last, offset <= bytes.count - table, index == 0 || offset > last else {
                throw .damaged("records of the node \(number) of a B-tree overlap")
            }
            offsets.append(offset)
            last = offset
        }
        self.offsets = offsets
    }

    /// Bytes of the node.
    func record(_ index: Int) -> Range<Int> { offsets[index]..<offsets[index + 1] }

    /// The bytes of a key without its length, and where the data behind it begins.
    func key(_ index: Int) throws(FormatError) -> (key: Range<Int>, data: Int) {
        let record = record(index)
        guard let length = bytes.bigEndian16(at: record.lowerBound), record.lowerBound + 2 + Int(length) <= record.upperBound else {
            throw .damaged("a key of the node \(number) of a B-tree is damaged")
        }
        let key = (record.lowerBound + 2)..<(record.lowerBound + 2 + Int(length))
        return (key, key.upperBound + key.count % 2)
    }

    /// The node that a record of an index node leads to: its last four bytes.
    func child(_ index: Int) throws(FormatError) -> UInt32 {
        let (_, data) = try key(index)
        guard data + 4 <= record(index).upperBound, let child = bytes.bigEndian(UInt32.self, at: data) else {
            throw .damaged("a key of the node \(number) of a B-tree is damaged")
        }
        return child
    }
}

/// The nodes that were read last.
private final class NodeCache: Sendable {
    private let nodes = Mutex<[UInt32: BTreeNode]>([:])
    /// 1 MiB with nodes of 8 KiB.
    private static let limit = 128

    subscript(number: UInt32) -> BTreeNode? {
        get { nodes.withLock { $0[number] } }
        set {
            nodes.withLock {
                if $0.count >= Self.limit { $0.removeAll(keepingCapacity: true) }
                $0[number] = newValue
            }
        }
    }
}
