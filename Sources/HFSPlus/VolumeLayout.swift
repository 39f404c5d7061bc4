package import DiskFormats

/// A fresh HFS+ volume, laid out before anything is written: sizes, places and the whole catalog are known, so that one pass writes it.
///
/// The order is: header, further extents (none), attributes (none), catalog, allocation bitmap, and the files one after the other, each
/// in one piece. A copy of the header is in the last block. TN1150; what fsck_hfs checks, `VolumeChecker` checks.
///
///     var contents = VolumeContents()
///     try contents.addDirectory("Applications")
///     try contents.addFile("Applications/a.dmg", content: source)
///     let layout = try VolumeLayout(contents, name: "Install", identifier: 1, created: 1_700_000_000)
///     // An image of layout.size bytes, or a partition of it:
///     try layout.write(to: sink)
package struct VolumeLayout {
    /// Bytes; a multiple of 1 MiB.
    package let size: Int

    private let contents: VolumeContents
    private let header: VolumeHeader
    /// Of each node with content, bytes from the start of the volume; and of each file with several names.
    private let places: [Int: Range<Int>]
    private let sharedPlaces: [Range<Int>]
    /// Made once; the catalog of an installer takes some 100 KB.
    private let extentsFile, attributesFile, catalogFile: [UInt8]
    /// Allocation blocks in use, without the last one.
    private let used: Int

    static let blockSize = 4096

    /// - Parameters:
    ///   - identifier: 64 bits that macOS makes the volume's UUID of.
    ///   - created: seconds since 1970.
    ///   - spare: bytes to leave free at least.
    ///   - catalogNodeSize: bytes; 8192 is what newfs_hfs takes.
    /// - Throws: `unsupported` for a name that HFS+ cannot have or a volume of 16 TiB and more.
    package init(
        _ contents: VolumeContents, name: String, identifier: UInt64, created: Int, spare: Int = 16 << 20, catalogNodeSize: Int = 8192
    ) throws(FormatError) {
        guard let name = HFSPlusName(name) else { throw .unsupported("\(name) is no name for an HFS+ volume") }
        let time = Self.seconds(created)
        self.contents = contents
        var extents = BTreeBuilder(BTreeHeader(nodeSize: Self.blockSize, maxKeyLength: 10, keyCompareType: 0, variableKeys: false))
        extentsFile = extents.finish(spare: 15, blockSize: Self.blockSize)
        var attributes = BTreeBuilder(BTreeHeader(nodeSize: 8192, maxKeyLength: 266, keyCompareType: 0, variableKeys: true))
        attributesFile = attributes.finish(spare: 15, blockSize: Self.blockSize)
        // The size of the catalog does not depend on where files are, so that it is made twice.
        var catalog = CatalogBuilder(contents, name: name, time: time, nodeSize: catalogNodeSize)
        let catalogSize = catalog.file { _ in nil }.count
        var next = 1 + (extentsFile.count + attributesFile.count + catalogSize) / Self.blockSize
        func blocks(_ bytes: Int) throws(FormatError) -> Int {
            guard bytes <= Self.limit else { throw .unsupported("the volume would be larger than 16 TiB") }
            return (bytes + Self.blockSize - 1) / Self.blockSize
        }
        var data = 0
        for kind in contents.nodes.map(\.kind) + contents.shared.map(\.file.kind) { data += try blocks(Self.size(of: kind)) }
        guard spare >= 0, spare <= Self.limit, data <= Self.limit / Self.blockSize else {
            throw .unsupported("the volume would be larger than 16 TiB")
        }
        // The bitmap covers itself.
        var (total, bitmap) = (0, 0)
        repeat {
            let needed = next + bitmap + data + 1 + (try blocks(spare))
            total = (needed * Self.blockSize + (1 << 20) - 1) / (1 << 20) * ((1 << 20) / Self.blockSize)
            let wanted = (total + 8 * Self.blockSize - 1) / (8 * Self.blockSize)
            if wanted == bitmap { break }
            bitmap = wanted
        } while true
        guard total * Self.blockSize <= Self.limit else { throw .unsupported("the volume would be larger than 16 TiB") }
        size = total * Self.blockSize

        var header = VolumeHeader(created: time, blockSize: UInt32(Self.blockSize), blocks: UInt32(truncatingIfNeeded: total))
        func fork(_ start: Int, _ bytes: Int) -> Fork {
            let count = UInt32(truncatingIfNeeded: bytes / Self.blockSize)
            return Fork(
                size: UInt64(bytes), clumpSize: UInt32(truncatingIfNeeded: min(bytes, 1 << 30)),
                extent: Fork.Extent(start: UInt32(truncatingIfNeeded: start), count: count))
        }
        header.isExtended = contents.caseSensitive
        header.extents = fork(1, extentsFile.count)
        header.attributeFile = fork(1 + extentsFile.count / Self.blockSize, attributesFile.count)
        header.catalog = fork(1 + (extentsFile.count + attributesFile.count) / Self.blockSize, catalogSize)
        header.allocation = fork(next, bitmap * Self.blockSize)
        next += bitmap
        func place(_ bytes: Int) -> Range<Int> {
            defer { next += (bytes + Self.blockSize - 1) / Self.blockSize }
            return (next * Self.blockSize)..<(next * Self.blockSize + bytes)
        }
        var places: [Int: Range<Int>] = [:]
        for (index, node) in contents.nodes.enumerated() {
            switch node.kind {
            case .file, .reserved, .link: places[index] = place(Self.size(of: node.kind))
            case .directory, .hardLink: break
            }
        }
        let sharedPlaces = contents.shared.map { place(Self.size(of: $0.file.kind)) }
        (self.places, self.sharedPlaces, used) = (places, sharedPlaces, next)
        catalogFile = catalog.file { item in
            switch item {
            case .node(let index): places[index].map(Self.fork)
            case .shared(let index): Self.fork(sharedPlaces[index])
            }
        }
        (header.files, header.folders, header.nextCatalogID) = (catalog.files, catalog.folders, catalog.nextID)
        header.freeBlocks = UInt32(truncatingIfNeeded: total - next - 1)
        header.nextAllocation = UInt32(truncatingIfNeeded: next)
        (header.finderInfo[6], header.finderInfo[7]) = (UInt32(identifier >> 32), UInt32(truncatingIfNeeded: identifier))
        self.header = header
    }

    /// 2^32 blocks.
    private static let limit = (1 << 32 - 1) * blockSize

    /// Where the content of a file is: bytes from the start of the volume. nil when there is no such file.
    package func place(of path: String) -> Range<Int>? {
        guard let index = contents.find(path) else { return nil }
        if case .hardLink(let number) = contents.nodes[index].kind { return sharedPlaces[number] }
        return places[index]
    }

    /// Writes everything but the content of files that were added by their size only. The sink has nothing but zeros there.
    ///
    /// The headers come last: what was not written to its end is no volume.
    /// - Parameter progress: called with the bytes of content that are written.
    /// - Throws: what reading and writing throws; `damaged` when a file's content has another size than it said.
    package func write(to sink: any ByteSink, progress: (Int) -> Void = { _ in }) throws(FormatError) {
        for (fork, bytes) in [(header.extents, extentsFile), (header.attributeFile, attributesFile), (header.catalog, catalogFile)] {
            try sink.write(bytes, at: Self.offset(fork))
        }
        try writeBitmap(to: sink)
        var done = 0
        func copy(_ kind: VolumeContents.Kind, _ place: Range<Int>) throws(FormatError) {
            switch kind {
            case .file(let source):
                guard source.size == place.count else { throw .damaged("a file has \(source.size) bytes in place of \(place.count)") }
                // In pieces, so that there is something to tell.
                for start in stride(from: 0, to: place.count, by: Self.piece) {
                    let count = min(Self.piece, place.count - start)
                    try sink.copy(source, from: start, count: count, at: place.lowerBound + start)
                    done += count
                    progress(done)
                }
            case .link(let target): try sink.write(target, at: place.lowerBound)
            case .directory, .reserved, .hardLink: break
            }
        }
        for (index, node) in contents.nodes.enumerated() { if let place = places[index] { try copy(node.kind, place) } }
        for (file, place) in zip(contents.shared, sharedPlaces) { try copy(file.file.kind, place) }
        try sink.write(header.bytes, at: size - 2 * VolumeHeader.size)
        try sink.write(header.bytes, at: VolumeHeader.offset)
    }

    private static let piece = 64 << 20

    /// A bit for each block, the first one the highest of its byte.
    private func writeBitmap(to sink: any ByteSink) throws(FormatError) {
        let (full, start) = (used / 8, Self.offset(header.allocation))
        let ones = [UInt8](repeating: 0xff, count: min(full, 1 << 16))
        for offset in stride(from: 0, to: full, by: 1 << 16) {
            try sink.write(offset + ones.count <= full ? ones : Array(ones[..<(full - offset)]), at: start + offset)
        }
        // The last block has the copy of the header. On a full volume its bit is in the same byte as the last one of the files.
        let last = Int(header.blocks) - 1
        var byte = used.isMultiple(of: 8) ? 0 : UInt8(truncatingIfNeeded: 0xff00 >> (used % 8))
        if last / 8 == full { byte |= 0x80 >> UInt8(last % 8) } else { try sink.write([0x80 >> UInt8(last % 8)], at: start + last / 8) }
        if byte != 0 { try sink.write([byte], at: start + full) }
    }

    private static func offset(_ fork: Fork) -> Int { (fork.extents.first.map { Int($0.start) } ?? 0) * blockSize }

    private static func fork(_ place: Range<Int>) -> Fork {
        let blocks = (place.count + blockSize - 1) / blockSize
        return Fork(
            size: UInt64(place.count),
            extent: Fork.Extent(
                start: UInt32(truncatingIfNeeded: place.lowerBound / blockSize), count: UInt32(truncatingIfNeeded: blocks)))
    }

    private static func size(of kind: VolumeContents.Kind) -> Int {
        switch kind {
        case .file(let source): source.size
        case .reserved(let size): size
        case .link(let target): target.count
        case .directory, .hardLink: 0
        }
    }

    /// Seconds since 1904, which 32 bits hold until 2040.
    static func seconds(_ time: Int) -> UInt32 { UInt32(clamping: time + VolumeHeader.epoch) }
}
