package import DiskFormats
import MediaCodecs

/// An HFS+ volume, read where it lies: a partition, a disk image, a file of another volume. TN1150.
///
/// Paths are relative to the volume's top, with slashes between names and without one at the start. Case does not matter unless the
/// volume says so. Links are not followed, but for hard links, whose content is that of the file.
package struct HFSPlusVolume: Sendable {
    let source: any ByteSource
    let header: VolumeHeader
    let extents: BTree
    let catalog: BTree
    /// nil when the volume has no attributes.
    let attributes: BTree?
    /// Whether names that differ by case only are two.
    package let isCaseSensitive: Bool
    package let name: String

    static let rootParent: UInt32 = 1
    static let rootID: UInt32 = 2
    /// Catalog IDs of the volume's own files.
    static let extentsID: UInt32 = 3
    static let catalogID: UInt32 = 4
    static let allocationID: UInt32 = 6
    static let attributesID: UInt32 = 8

    /// Whether a volume header is where it should be.
    package static func recognizes(_ source: any ByteSource) -> Bool {
        guard source.contains(VolumeHeader.offset, VolumeHeader.size),
            let bytes = try? source.bytes(at: VolumeHeader.offset, count: VolumeHeader.size)
        else { return false }
        return VolumeHeader(bytes) != nil || embedded(bytes, source) != nil
    }

    /// - Throws: `damaged`.
    package init(_ outer: any ByteSource) throws(FormatError) {
        guard outer.contains(VolumeHeader.offset, VolumeHeader.size) else { throw .damaged("it is smaller than an HFS+ volume") }
        let bytes = try outer.bytes(at: VolumeHeader.offset, count: VolumeHeader.size)
        var source = outer
        if let inner = Self.embedded(bytes, outer) { source = inner }
        guard let header = VolumeHeader(try source.bytes(at: VolumeHeader.offset, count: VolumeHeader.size)) else {
            throw .damaged("it is no HFS+ volume")
        }
        // The file that lists further extents has none itself.
        let extents = try BTree(try ForkSource(header.extents.size, header.extents.extents, header, source))
        func tree(_ fork: Fork, _ identifier: UInt32) throws(FormatError) -> BTree {
            let all = try Self.extents(of: fork, identifier, isResource: false, extents)
            return try BTree(try ForkSource(fork.size, all, header, source))
        }
        let catalog = try tree(header.catalog, Self.catalogID)
        (self.source, self.header, self.extents, self.catalog) = (source, header, extents, catalog)
        attributes = header.attributeFile.size > 0 ? try tree(header.attributeFile, Self.attributesID) : nil
        isCaseSensitive = header.isExtended && catalog.header.keyCompareType == BTreeHeader.compareExactly
        // The thread of the root directory has the volume's name.
        name = try Self.thread(of: Self.rootID, catalog, exactly: isCaseSensitive)?.name.text ?? ""
    }

    /// The UUID that macOS shows is made of these 64 bits.
    package var identifier: UInt64 { UInt64(header.finderInfo[6]) << 32 | UInt64(header.finderInfo[7]) }
    /// Bytes.
    package var blockSize: Int { Int(header.blockSize) }
    package var size: Int { Int(header.blocks) * blockSize }
    package var freeSize: Int { Int(header.freeBlocks) * blockSize }
    /// Files and directories, without the top.
    package var files: Int { Int(header.files) }
    package var directories: Int { Int(header.folders) }

    // MARK: Names

    /// The top of the volume.
    package func root() throws(FormatError) -> HFSPlusEntry {
        guard let thread = try Self.thread(of: Self.rootID, catalog, exactly: isCaseSensitive),
            let entry = try entry(CatalogKey(parent: thread.parent, name: thread.name.units))
        else { throw .damaged("the volume has no top directory") }
        return entry
    }

    /// What has a path; nil when there is nothing.
    package func entry(_ path: String) throws(FormatError) -> HFSPlusEntry? {
        var found = try root()
        for part in path.split(separator: "/") where part != "." {
            guard found.kind == .directory, let name = HFSPlusName(part),
                let next = try entry(CatalogKey(parent: found.catalogID, name: name.units))
            else { return nil }
            found = next
        }
        return found
    }

    func entry(_ key: CatalogKey) throws(FormatError) -> HFSPlusEntry? {
        guard let place = try place(key), let found = try Self.key(place), found.compared(with: key, exactly: isCaseSensitive) == 0 else {
            return nil
        }
        return try Self.entry(place, found)
    }

    /// Calls `body` with each entry of a directory, in the volume's order, until it returns false.
    package func forEach(
        in directory: HFSPlusEntry, _ body: (HFSPlusEntry) throws(FormatError) -> Bool
    ) throws(FormatError) {
        let first = try place(CatalogKey(parent: directory.catalogID, name: []))
        try catalog.forEach(from: first) { (node, index) throws(FormatError) in
            let place = BTree.Place(node: node, index: index)
            guard let key = try Self.key(place), key.parent == directory.catalogID else { return false }
            guard let entry = try Self.entry(place, key) else { return true }
            return try body(entry)
        }
    }

    /// Calls `body` with everything on the volume and its path, a directory before what is in it.
    ///
    /// - Throws: `damaged` when directories are in each other.
    package func forEach(_ body: (_ path: String, HFSPlusEntry) throws(FormatError) -> Void) throws(FormatError) {
        // Directories that were not read yet. Each is read once: a loop would come to one again.
        var (open, seen): ([(String, HFSPlusEntry)], Set<UInt32>) = ([("", try root())], [])
        while let (path, directory) = open.popLast() {
            guard seen.insert(directory.catalogID).inserted, path.utf8.count <= 1 << 14 else {
                throw .damaged("directories of the volume are in each other")
            }
            try forEach(in: directory) { (entry) throws(FormatError) in
                if Task.isCancelled { throw .interrupted }
                let name = path.isEmpty ? entry.name.text : path + "/" + entry.name.text
                try body(name, entry)
                if entry.kind == .directory { open.append((name, entry)) }
                return true
            }
        }
    }

    // MARK: Content

    /// The content of a file, of a hard link's file, or what a link points to.
    /// - Throws: `unsupported` for a compressed file: its kind of compression; `damaged`.
    package func content(of entry: HFSPlusEntry) throws(FormatError) -> any ByteSource {
        let file = try resolved(entry)
        guard file.kind != .directory else { throw .unsupported("it is a directory") }
        guard file.isCompressed else { return try dataFork(file) }
        guard let attribute = try Attributes.value(CompressedFile.attribute, of: file.catalogID, on: self) else {
            throw .damaged("the file is compressed, but has no attribute \(CompressedFile.attribute)")
        }
        return try CompressedFile.content(attribute: attribute) { () throws(FormatError) in try resourceFork(file) }
    }

    /// The file itself for a hard link, else the entry.
    package func resolved(_ entry: HFSPlusEntry) throws(FormatError) -> HFSPlusEntry {
        guard entry.kind == .hardLink else { return entry }
        guard let directory = try self.entry(CatalogKey(parent: Self.rootID, name: HardLinks.directory)),
            let file = try self.entry(CatalogKey(parent: directory.catalogID, name: HardLinks.name(entry.special))), file.kind != .hardLink
        else { throw .damaged("the file that a hard link leads to is missing") }
        return file
    }

    /// The content of the file with a path.
    /// - Throws: `notFound`; what `content(of:)` throws.
    package func content(_ path: String) throws(FormatError) -> any ByteSource {
        guard let entry = try entry(path) else { throw .notFound("there is no file \(path)") }
        return try content(of: entry)
    }

    /// What a symbolic link points to.
    package func target(of link: HFSPlusEntry) throws(FormatError) -> String {
        let source = try dataFork(link)
        guard source.size <= 4096 else { throw .damaged("a symbolic link is longer than any path") }
        return String(decoding: try source.bytes(at: 0, count: source.size), as: UTF8.self)
    }

    func dataFork(_ file: HFSPlusEntry) throws(FormatError) -> ForkSource {
        try ForkSource(
            file.data.size, try Self.extents(of: file.data, file.catalogID, isResource: false, extents), header, source)
    }

    func resourceFork(_ file: HFSPlusEntry) throws(FormatError) -> ForkSource {
        try ForkSource(
            file.resources.size, try Self.extents(of: file.resources, file.catalogID, isResource: true, extents), header, source)
    }

    // MARK: The trees

    private func place(_ key: CatalogKey) throws(FormatError) -> BTree.Place? {
        try Self.place(key, catalog, exactly: isCaseSensitive)
    }

    private static func place(_ key: CatalogKey, _ catalog: BTree, exactly: Bool) throws(FormatError) -> BTree.Place? {
        try catalog.firstPlace { (node, index) throws(FormatError) in
            guard let other = CatalogKey(node.bytes, try node.key(index).key) else { throw .damaged("a key of the catalog is damaged") }
            return other.compared(with: key, exactly: exactly)
        }
    }

    static func key(_ place: BTree.Place) throws(FormatError) -> CatalogKey? {
        guard let key = CatalogKey(place.node.bytes, try place.node.key(place.index).key) else {
            throw .damaged("a key of the catalog is damaged")
        }
        return key
    }

    static func entry(_ place: BTree.Place, _ key: CatalogKey) throws(FormatError) -> HFSPlusEntry? {
        try HFSPlusEntry(
            place.node.bytes, at: try place.node.key(place.index).data, end: place.node.record(place.index).upperBound,
            parent: key.parent, name: HFSPlusName(units: key.name))
    }

    /// The directory and the name of a catalog ID.
    static func thread(
        of identifier: UInt32, _ catalog: BTree, exactly: Bool
    ) throws(FormatError) -> (parent: UInt32, name: HFSPlusName)? {
        let key = CatalogKey(parent: identifier, name: [])
        guard let place = try place(key, catalog, exactly: exactly), try Self.key(place) == key else { return nil }
        let (at, end) = (try place.node.key(place.index).data, place.node.record(place.index).upperBound)
        // A thread is like a key, four bytes later and without a length.
        guard at + 10 <= end, let type = place.node.bytes.bigEndian16(at: at),
            type == HFSPlusEntry.folderThread || type == HFSPlusEntry.fileThread,
            let key = CatalogKey(place.node.bytes, (at + 4)..<end)
        else { throw .damaged("a thread of the catalog is damaged") }
        return (key.parent, HFSPlusName(units: key.name))
    }

    /// The extents of a fork, with those that did not fit into its record.
    static func extents(
        of fork: Fork, _ identifier: UInt32, isResource: Bool, _ overflow: BTree
    ) throws(FormatError) -> [Fork.Extent] {
        var (all, blocks) = (fork.extents, fork.extents.reduce(0) { $0 + Int($1.count) })
        while blocks < Int(fork.blocks) {
            let wanted = ExtentKey(isResource: isResource, file: identifier, start: UInt32(truncatingIfNeeded: blocks))
            let place = try overflow.firstPlace { (node, index) throws(FormatError) in
                guard let key = ExtentKey(node.bytes, try node.key(index).key) else { throw .damaged("a key of the extents is damaged") }
                return key.compared(with: wanted)
            }
            guard let place, case let (key, data) = try place.node.key(place.index), ExtentKey(place.node.bytes, key) == wanted,
                data + 64 <= place.node.record(place.index).upperBound
            else { throw .damaged("extents of a file are missing") }
            let more = Fork.extents(place.node.bytes, at: data)
            guard !more.isEmpty else { throw .damaged("extents of a file are missing") }
            all += more
            blocks += more.reduce(0) { $0 + Int($1.count) }
        }
        return all
    }

    /// The volume in an HFS wrapper, as disks of the time of Mac OS 8 have it: TN1150, "HFS Wrapper".
    private static func embedded(_ bytes: [UInt8], _ outer: any ByteSource) -> ByteRange? {
        guard bytes.has("BD", at: 0), bytes.has("H+", at: 0x7c), let blockSize = bytes.bigEndian(UInt32.self, at: 0x14),
            let first = bytes.bigEndian16(at: 0x1c), let start = bytes.bigEndian16(at: 0x7e), let count = bytes.bigEndian16(at: 0x80)
        else { return nil }
        return try? outer.range(Int(first) * 512 + Int(start) * Int(blockSize), Int(count) * Int(blockSize))
    }
}

/// A key of the extents' tree: a fork, and the block of it that its record begins with.
struct ExtentKey: Equatable, Sendable {
    var isResource: Bool
    var file, start: UInt32

    init(isResource: Bool, file: UInt32, start: UInt32) { (self.isResource, self.file, self.start) = (isResource, file, start) }

    /// nil when the key is damaged.
    init?(_ bytes: [UInt8], _ key: Range<Int>) {
        guard key.count == 10, let file = bytes.bigEndian(UInt32.self, at: key.lowerBound + 2),
            let start = bytes.bigEndian(UInt32.self, at: key.lowerBound + 6)
        else { return nil }
        (isResource, self.file, self.start) = (bytes[key.lowerBound] == 0xff, file, start)
    }

    /// TN1150: by file, then fork, then block.
    func compared(with other: ExtentKey) -> Int {
        if file != other.file { return file < other.file ? -1 : 1 }
        if isResource != other.isResource { return isResource ? 1 : -1 }
        return start == other.start ? 0 : start < other.start ? -1 : 1
    }
}

/// Files with several names: TN1150, "Hard Links". Each name is a small file that has the number of the file, which lies in a directory
/// of its own that nobody sees.
enum HardLinks {
    /// Four zeros sort it behind all names.
    static let directory: [UInt16] = [0, 0, 0, 0] + Array("HFS+ Private Data".utf16)

    static func name(_ number: UInt32) -> [UInt16] { Array("iNode\(number)".utf16) }
}
