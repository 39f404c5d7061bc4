import DiskFormats
import Synchronization

/// A B-tree of APFS, read from its root: Apple File System Reference, "B-Trees".
struct APFSTree: Sendable {
    /// How a node names its children.
    indirect enum Children: Sendable {
        /// By their blocks.
        case physical
        /// By identifiers that a map translates; those of a sealed volume count from `base`, the identifier of the root.
        case virtual(ObjectMap, transaction: UInt64, base: UInt64)
    }

    /// How a key compares with the one that is looked for.
    enum Order { case before, equal, after }

    private let root: UInt64
    private let children: Children
    private let blocks: BlockReader
    private let cache = NodeCache()

    /// Deeper trees have more nodes than any disk has room for.
    private static let depthLimit = 16

    /// - Parameter root: the block of the root.
    init(root: UInt64, children: Children, _ blocks: BlockReader) {
        (self.root, self.children, self.blocks) = (root, children, blocks)
    }

    /// Calls `body` with the last record whose key is not after the one that is looked for, or else the first one, and then with each
    /// record that follows, until it returns false.
    /// - Throws: `damaged`, and what the closures throw.
    func forEach(
        from compare: ([UInt8]) throws(FormatError) -> Order, _ body: (_ key: [UInt8], _ value: [UInt8]) throws(FormatError) -> Bool
    ) throws(FormatError) {
        var path = [(node: try node(at: root, level: nil), index: 0)]
        var visited = 1
        func child() throws(FormatError) {
            guard let (node, index) = path.last, path.count < Self.depthLimit, visited <= blocks.count else { throw Self.damage }
            // A child is one level below, so that no loop is possible; nodes that are named again and again end at the number of blocks.
            visited += 1
            path.append((try self.node(at: try address(of: node, index), level: node.level - 1), 0))
        }
        func lookUp() throws(FormatError) {
            let node = path[path.count - 1].node
            var (low, high) = (0, node.count)
            while high - low > 1 {
                let middle = (low + high) / 2
                if try compare(try node.key(middle)) == .after { high = middle } else { low = middle }
            }
            path[path.count - 1].index = low
        }
        try lookUp()
        while let (node, _) = path.last, node.level > 0 {
            guard node.count > 0 else { throw Self.damage }
            try child()
            try lookUp()
        }
        while let (node, index) = path.last {
            guard index < node.count else {
                path.removeLast()
                if !path.isEmpty { path[path.count - 1].index += 1 }
                continue
            }
            guard node.level == 0 else {
                try child()
                continue
            }
            if Task.isCancelled { throw .interrupted }
            guard try body(try node.key(index), try node.value(index)) else { return }
            path[path.count - 1].index += 1
        }
    }

    private func address(of node: APFSTreeNode, _ index: Int) throws(FormatError) -> UInt64 {
        // In a tree with hashes the child's hash follows its identifier.
        guard let child = try node.value(index).littleEndian(UInt64.self, at: 0) else { throw Self.damage }
        switch children {
        case .physical: return child
        case .virtual(let map, let transaction, let base):
            let (identifier, overflow) = base.addingReportingOverflow(child)
            guard !overflow, let address = try map.address(of: identifier, before: transaction) else {
                throw .damaged("a node of an APFS tree is missing")
            }
            return address
        }
    }

    /// - Parameter level: above the leaves; nil for the root.
    private func node(at address: UInt64, level: Int?) throws(FormatError) -> APFSTreeNode {
        if let node = cache[address] {
            guard level == nil || node.level == level else { throw Self.damage }
            return node
        }
        let node = try APFSTreeNode(try blocks.block(address), at: address)
        guard level == nil || node.level == level, node.level < Self.depthLimit, node.isRoot == (level == nil) else { throw Self.damage }
        cache[address] = node
        return node
    }

    private static let damage = FormatError.damaged("an APFS tree is damaged: its nodes do not belong together")
}

/// The nodes of a tree that were read last.
private final class NodeCache: Sendable {
    private let nodes = Mutex<[UInt64: APFSTreeNode]>([:])
    /// Of 4 KiB: half a MiB.
    private static let limit = 128

    subscript(address: UInt64) -> APFSTreeNode? {
        get { nodes.withLock { $0[address] } }
        set {
            nodes.withLock {
                if $0.count >= Self.limit { $0.removeAll(keepingCapacity: true) }
                $0[address] = newValue
            }
        }
    }
}
