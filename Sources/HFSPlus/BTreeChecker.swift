import DiskFormats

/// Checks a B-tree as fsck_hfs does: every node is reached once, keys ascend, links, levels, counts and the map are right.
struct BTreeChecker {
    private let tree: BTree
    private let file: any ByteSource
    private let name: String
    /// How the key of a record compares with that of another one: less than 0 when it comes first.
    private let compare: (BTreeNode, Int, BTreeNode, Int) throws(FormatError) -> Int
    private(set) var problems: [String] = []
    private var seen: Set<UInt32> = [0]
    /// The last node of each level that was passed, the leaves first.
    private var last: [BTreeNode?] = []
    private var leafRecords = 0
    private var firstLeaf: UInt32 = 0

    init(
        _ tree: BTree, _ file: any ByteSource, name: String,
        _ compare: @escaping (BTreeNode, Int, BTreeNode, Int) throws(FormatError) -> Int
    ) {
        (self.tree, self.file, self.name, self.compare) = (tree, file, name, compare)
    }

    private var header: BTreeHeader { tree.header }

    private mutating func found(_ problem: String) { if problems.count < 100 { problems.append("\(name): \(problem)") } }

    mutating func check() throws(FormatError) {
        if Int(header.nodes) * header.nodeSize != file.size { found("\(header.nodes) nodes in a file of \(file.size) bytes") }
        if (header.depth == 0) != (header.root == 0) { found("depth \(header.depth) with the root \(header.root)") }
        if header.root != 0 && header.depth > 0 {
            last = Array(repeating: nil, count: Int(header.depth))
            try walk(header.root, height: Int(header.depth))
            for node in last.compactMap({ $0 }) where node.next != 0 {
                found("node \(node.number) is the last of its level, but has a next one")
            }
        }
        if header.firstLeaf != firstLeaf { found("the first leaf is \(firstLeaf), not \(header.firstLeaf)") }
        let lastLeaf = last.first.flatMap { $0?.number } ?? 0
        if header.lastLeaf != lastLeaf { found("the last leaf is \(lastLeaf), not \(header.lastLeaf)") }
        if Int(header.leafRecords) != leafRecords { found("\(leafRecords) records in leaves, not \(header.leafRecords)") }
        try checkMap()
    }

    private mutating func walk(_ number: UInt32, height: Int) throws(FormatError) {
        guard seen.insert(number).inserted else { return found("node \(number) is reached twice") }
        let node = try tree.node(number)
        if Int(node.height) != height { found("node \(number) has the height \(node.height), not \(height)") }
        guard node.kind == (height == 1 ? .leaf : .index), node.count > 0 else { return found("node \(number) is none of its level") }
        if height == 1 {
            if firstLeaf == 0 { firstLeaf = number }
            leafRecords += node.count
        }
        let before = last[height - 1]
        if node.previous != before?.number ?? 0 { found("node \(number) has the previous node \(node.previous)") }
        if let before {
            if before.next != number { found("node \(before.number) has the next node \(before.next), not \(number)") }
            if try compare(before, before.count - 1, node, 0) >= 0 {
                found("the keys of node \(number) begin before those of \(before.number) end")
            }
        }
        last[height - 1] = node
        for index in 0..<node.count {
            let (key, data) = try node.key(index)
            if key.count > Int(header.maxKeyLength) { found("a key of node \(number) has \(key.count) bytes") }
            if header.attributes & BTreeHeader.variableIndexKeys == 0, key.count != Int(header.maxKeyLength) {
                found("a key of node \(number) has \(key.count) bytes, not \(header.maxKeyLength)")
            }
            if index > 0, try compare(node, index - 1, node, index) >= 0 { found("the keys of node \(number) do not ascend at \(index)") }
            guard height > 1 else { continue }
            if node.record(index).upperBound != data + 4 { found("record \(index) of the index node \(number) is no pointer") }
            let child = try node.child(index)
            try walk(child, height: height - 1)
            // What leads to a node is its first key.
            let below = try tree.node(child)
            if below.count > 0, try compare(node, index, below, 0) != 0 {
                found("node \(number) leads to \(child) by another key than its first")
            }
        }
    }

    private mutating func checkMap() throws(FormatError) {
        var (bits, node): ([UInt8], BTreeNode) = ([], try tree.node(0))
        guard node.kind == .header, node.count == 3, node.height == 0, node.record(1).count == 128 else {
            return found("the header node has not its three records")
        }
        bits += node.bytes[node.record(2)]
        while node.next != 0 {
            guard seen.insert(node.next).inserted else { return found("map node \(node.next) is reached twice") }
            node = try tree.node(node.next)
            guard node.kind == .map, node.count == 1, node.height == 0 else { return found("node \(node.number) is no map node") }
            bits += node.bytes[node.record(0)]
        }
        guard bits.count * 8 >= Int(header.nodes) else { return found("the map has \(bits.count * 8) bits for \(header.nodes) nodes") }
        for number in 0..<(bits.count * 8) {
            let isUsed = bits[number / 8] & 0x80 >> UInt8(number % 8) != 0
            if isUsed != seen.contains(UInt32(truncatingIfNeeded: number)) {
                found("the map says that node \(number) is \(isUsed ? "" : "not ")used")
            }
        }
        if Int(header.freeNodes) != Int(header.nodes) - seen.count {
            found("\(Int(header.nodes) - seen.count) nodes are free, not \(header.freeNodes)")
        }
        for number in 0..<Int(header.nodes) where !seen.contains(UInt32(number)) {
            let bytes = try file.bytes(at: number * header.nodeSize, count: header.nodeSize)
            if bytes.contains(where: { $0 != 0 }) { found("the free node \(number) is not empty") }
        }
    }
}
