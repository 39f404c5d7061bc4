package import DiskFormats

/// Checks an HFS+ volume by the rules of fsck_hfs, and names what breaks them: for the tests of what is written here, and for `media verify`.
///
/// The headers, the trees, threads and counts of the catalog, chains of hard links, extents within the volume and without overlap, and
/// the allocation bitmap. Journals are not looked into.
package struct VolumeChecker {
    private let volume: HFSPlusVolume
    private var problems: [String] = []
    /// Runs of blocks in use.
    private var extents: [Fork.Extent] = []

    private init(_ volume: HFSPlusVolume) { self.volume = volume }

    /// - Returns: what is wrong, at most some hundred clauses; empty for a good volume.
    /// - Throws: `damaged` when the volume cannot be read at all, or the check cannot go on.
    package static func problems(of source: any ByteSource) throws(FormatError) -> [String] {
        try problems(of: try HFSPlusVolume(source))
    }

    package static func problems(of volume: HFSPlusVolume) throws(FormatError) -> [String] {
        var checker = VolumeChecker(volume)
        try checker.check()
        return checker.problems
    }

    private var header: VolumeHeader { volume.header }

    private mutating func found(_ problem: String) { if problems.count < 100 { problems.append(problem) } }

    private mutating func check() throws(FormatError) {
        try checkHeaders()
        try checkTrees()
        try checkCatalog()
        try checkAllocation()
    }

    private mutating func checkHeaders() throws(FormatError) {
        let size = Int(header.blocks) * Int(header.blockSize)
        guard volume.source.contains(0, size) else { return found("the volume is longer than its place") }
        // The partition can be a few sectors longer than whole blocks.
        let copy = try volume.source.bytes(at: size - 2 * VolumeHeader.size, count: VolumeHeader.size)
        if let copy = VolumeHeader(copy) {
            if (copy.blockSize, copy.blocks, copy.isExtended) != (header.blockSize, header.blocks, header.isExtended) {
                found("the copy of the header is another volume's")
            }
        } else {
            found("there is no copy of the header")
        }
        if header.attributes & VolumeHeader.unmounted == 0 { found("the volume was not unmounted") }
        if header.nextCatalogID < 16 { found("the next catalog ID is \(header.nextCatalogID)") }
        // The first 1024 bytes and the header; the copy and the last 512 bytes.
        let (first, last) = (
            (VolumeHeader.offset + VolumeHeader.size - 1) / volume.blockSize + 1, (size - 2 * VolumeHeader.size) / volume.blockSize
        )
        extents.append(.init(start: 0, count: UInt32(first)))
        extents.append(.init(start: UInt32(last), count: header.blocks - UInt32(last)))
    }

    private mutating func checkTrees() throws(FormatError) {
        let files: [(Fork, UInt32)] = [
            (header.allocation, HFSPlusVolume.allocationID), (header.extents, HFSPlusVolume.extentsID),
            (header.catalog, HFSPlusVolume.catalogID), (header.attributeFile, HFSPlusVolume.attributesID),
        ]
        for (fork, id) in files { try add(fork, id, isResource: false, "file \(id)") }
        try check(volume.extents, header.extents, HFSPlusVolume.extentsID, "the extents") { (a, i, b, j) throws(FormatError) in
            guard let left = ExtentKey(a.bytes, try a.key(i).key), let right = ExtentKey(b.bytes, try b.key(j).key) else {
                throw .damaged("a key of the extents is damaged")
            }
            return left.compared(with: right)
        }
        let exactly = volume.isCaseSensitive
        try check(volume.catalog, header.catalog, HFSPlusVolume.catalogID, "the catalog") { (a, i, b, j) throws(FormatError) in
            guard let left = CatalogKey(a.bytes, try a.key(i).key), let right = CatalogKey(b.bytes, try b.key(j).key) else {
                throw .damaged("a key of the catalog is damaged")
            }
            return left.compared(with: right, exactly: exactly)
        }
        if let attributes = volume.attributes {
            try check(attributes, header.attributeFile, HFSPlusVolume.attributesID, "the attributes") { (a, i, b, j) throws(FormatError) in
                try Attributes.compare(a, i, b, j)
            }
        }
    }

    private mutating func check(
        _ tree: BTree, _ fork: Fork, _ id: UInt32, _ name: String,
        _ compare: @escaping (BTreeNode, Int, BTreeNode, Int) throws(FormatError) -> Int
    ) throws(FormatError) {
        let all = try HFSPlusVolume.extents(of: fork, id, isResource: false, volume.extents)
        var checker = BTreeChecker(tree, try ForkSource(fork.size, all, header, volume.source), name: name, compare)
        try checker.check()
        problems += checker.problems
    }

    /// Notes the blocks of a fork.
    private mutating func add(_ fork: Fork, _ id: UInt32, isResource: Bool, _ name: String) throws(FormatError) {
        let all = try HFSPlusVolume.extents(of: fork, id, isResource: isResource, volume.extents)
        let blocks = all.reduce(0) { $0 + Int($1.count) }
        if blocks != Int(fork.blocks) { found("\(name) has \(blocks) blocks, not \(fork.blocks)") }
        let needed = (Int(clamping: fork.size) - 1) / volume.blockSize + 1
        if fork.size == 0 ? blocks != 0 : blocks < needed { found("\(name) has \(blocks) blocks for \(fork.size) bytes") }
        for extent in all where extent.end > Int(header.blocks) { found("\(name) lies outside of the volume") }
        extents += all
    }

    private mutating func checkCatalog() throws(FormatError) {
        var catalog = CatalogChecker(volume)
        try catalog.check()
        for file in catalog.files {
            try add(file.data, file.catalogID, isResource: false, "file \(file.catalogID)")
            try add(file.resources, file.catalogID, isResource: true, "the resources of file \(file.catalogID)")
        }
        problems += catalog.problems
    }

    private mutating func checkAllocation() throws(FormatError) {
        let sorted = extents.filter { $0.count > 0 }.sorted { $0.start < $1.start }
        for (extent, next) in zip(sorted, sorted.dropFirst()) where Int(next.start) < extent.end {
            found("blocks \(next.start) and on belong to two files")
        }
        let all = try HFSPlusVolume.extents(of: header.allocation, HFSPlusVolume.allocationID, isResource: false, volume.extents)
        let bitmap = try ForkSource(header.allocation.size, all, header, volume.source)
        guard bitmap.size * 8 >= Int(header.blocks) else { return found("the allocation bitmap is too short") }
        var (used, run, rest) = (0, 0, sorted[...])
        // A piece at a time: the bitmap of a large volume is large.
        for start in stride(from: 0, to: bitmap.size, by: 1 << 16) {
            let bytes = try bitmap.bytes(at: start, count: min(1 << 16, bitmap.size - start))
            for (index, byte) in bytes.enumerated() {
                var expected: UInt8 = 0
                for bit in 0..<8 {
                    let block = (start + index) * 8 + bit
                    while let first = rest.first, first.end <= block { rest.removeFirst() }
                    if let first = rest.first, Int(first.start) <= block { expected |= 0x80 >> UInt8(bit) }
                }
                used += expected.nonzeroBitCount
                if byte != expected {
                    run += 1
                    if run <= 3 { found("the bitmap differs at the blocks from \((start + index) * 8) on") }
                }
            }
        }
        if Int(header.freeBlocks) != Int(header.blocks) - used {
            found("\(Int(header.blocks) - used) blocks are free, not \(header.freeBlocks)")
        }
    }
}
