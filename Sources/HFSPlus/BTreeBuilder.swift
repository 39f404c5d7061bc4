/// Makes the file of a B-tree from records in the order of their keys: full leaves from left to right, and the index nodes above them.
struct BTreeBuilder {
    struct Record {
        /// With its length, and padded to an even number of bytes.
        var key: [UInt8]
        var data: [UInt8]
    }

    var header: BTreeHeader
    /// Nodes in the order of their numbers. The first one, the header, and map nodes come with `finish`.
    private var nodes: [[UInt8]] = [[]]

    init(_ header: BTreeHeader) { self.header = header }

    private var nodeSize: Int { header.nodeSize }

    /// Adds all records. A record takes at most half of a node, which the formats of HFS+ guarantee.
    mutating func add(_ records: [Record]) {
        guard !records.isEmpty else { return }
        header.leafRecords = UInt32(truncatingIfNeeded: records.count)
        var level = level(records, kind: .leaf, height: 1)
        (header.firstLeaf, header.lastLeaf) = (level[0].number, level[level.count - 1].number)
        var height: UInt8 = 1
        while level.count > 1 {
            height += 1
            let entries = level.map { child -> Record in
                var writer = BigEndianWriter()
                writer.append(child.number)
                return Record(key: child.key, data: writer.bytes)
            }
            level = self.level(entries, kind: .index, height: height)
        }
        header.depth = UInt16(height)
        header.root = level[0].number
    }

    /// The nodes of one level: the number and first key of each.
    private mutating func level(_ records: [Record], kind: BTreeNode.Kind, height: UInt8) -> [(number: UInt32, key: [UInt8])] {
        var (groups, room): ([[Record]], Int) = ([], 0)
        for record in records {
            // Two bytes for its offset.
            let size = record.key.count + record.data.count + 2
            if room < size {
                groups.append([])
                room = nodeSize - BTreeNode.descriptorSize - 2
            }
            groups[groups.count - 1].append(record)
            room -= size
        }
        let first = nodes.count
        for (index, group) in groups.enumerated() {
            let next = index + 1 < groups.count ? first + index + 1 : 0
            let previous = index > 0 ? first + index - 1 : 0
            nodes.append(Self.node(group.map { $0.key + $0.data }, kind, height, next: next, previous: previous, size: nodeSize))
        }
        return groups.enumerated().map { (UInt32(truncatingIfNeeded: first + $0.offset), $0.element[0].key) }
    }

    private static func node(_ records: [[UInt8]], _ kind: BTreeNode.Kind, _ height: UInt8, next: Int, previous: Int, size: Int) -> [UInt8]
    {
        var writer = BigEndianWriter()
        writer.append(UInt32(truncatingIfNeeded: next))
        writer.append(UInt32(truncatingIfNeeded: previous))
        writer.append([kind.rawValue, height])
        writer.append(UInt16(truncatingIfNeeded: records.count))
        writer.zeros(2)
        var offsets = [writer.bytes.count]
        for record in records {
            writer.append(record)
            offsets.append(writer.bytes.count)
        }
        writer.zeros(size - writer.bytes.count - 2 * offsets.count)
        for offset in offsets.reversed() { writer.append(UInt16(truncatingIfNeeded: offset)) }
        return writer.bytes
    }

    // MARK: The file

    /// Bits of the map in the header node, behind its other two records, and in a map node.
    private var headerBits: Int { (nodeSize - Self.mapOffset - 8) * 8 }
    private var mapNodeBits: Int { (nodeSize - BTreeNode.descriptorSize - 6) * 8 }
    /// Descriptor, header record, and 128 bytes for others.
    private static let mapOffset = BTreeNode.descriptorSize + 106 + 128

    /// How many nodes the file needs at least.
    private func needed(for total: Int) -> Int { nodes.count + mapNodes(for: total) }

    private func mapNodes(for total: Int) -> Int { total <= headerBits ? 0 : (total - headerBits + mapNodeBits - 1) / mapNodeBits }

    /// The whole file, with at least `spare` free nodes, as long as a multiple of `blockSize`.
    mutating func finish(spare: Int, blockSize: Int) -> [UInt8] {
        let step = max(1, blockSize / nodeSize)
        var total = nodes.count + spare
        // A map node more can need a map node more.
        while true {
            let rounded = (max(total, needed(for: total) + spare) + step - 1) / step * step
            if rounded == total { break }
            total = rounded
        }
        let (maps, used) = (mapNodes(for: total), needed(for: total))
        header.nodes = UInt32(truncatingIfNeeded: total)
        header.freeNodes = UInt32(truncatingIfNeeded: total - used)
        header.clumpSize = UInt32(truncatingIfNeeded: max(blockSize, nodeSize))
        let bits = (0..<((total + 7) / 8)).map { byte in (0..<8).reduce(UInt8(0)) { $0 | (byte * 8 + $1 < used ? 0x80 >> UInt8($1) : 0) } }
        var rest = bits[...]
        func next(_ count: Int) -> [UInt8] {
            let part = Array(rest.prefix(count))
            rest = rest.dropFirst(count)
            return part + [UInt8](repeating: 0, count: count - part.count)
        }
        let firstMap = nodes.count
        nodes[0] = Self.node(
            [header.bytes, [UInt8](repeating: 0, count: 128), next(headerBits / 8)], .header, 0, next: maps > 0 ? firstMap : 0, previous: 0,
            size: nodeSize)
        for index in 0..<maps {
            nodes.append(
                Self.node(
                    [next(mapNodeBits / 8)], .map, 0, next: index + 1 < maps ? firstMap + index + 1 : 0,
                    previous: 0, size: nodeSize))
        }
        return nodes.flatMap { $0 } + [UInt8](repeating: 0, count: (total - used) * nodeSize)
    }
}
