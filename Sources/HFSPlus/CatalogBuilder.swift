/// Makes the catalog of a fresh volume: a record and a thread for each file and directory.
struct CatalogBuilder {
    /// What has content.
    enum Item {
        case node(Int)
        /// A file with several names.
        case shared(Int)
    }

    private let contents: VolumeContents
    private let name: HFSPlusName
    private let time: UInt32
    private let nodeSize: Int
    private let children, directories: [Int]
    /// The directory of files with several names, when there are such.
    private let privateID: UInt32?
    private let firstSharedID: UInt32

    let nextID: UInt32
    /// Records of files, and of directories without the top.
    let files, folders: UInt32

    private static let firstID: UInt32 = 16

    init(_ contents: VolumeContents, name: HFSPlusName, time: UInt32, nodeSize: Int) {
        (self.contents, self.name, self.time, self.nodeSize) = (contents, name, time, nodeSize)
        var (children, directories) = (
            [Int](repeating: 0, count: contents.nodes.count), [Int](repeating: 0, count: contents.nodes.count)
        )
        var (files, folders) = (0, 0)
        for node in contents.nodes.dropFirst() {
            children[node.parent] += 1
            if case .directory = node.kind {
                directories[node.parent] += 1
                folders += 1
            } else {
                files += 1
            }
        }
        let count = UInt32(truncatingIfNeeded: contents.nodes.count - 1)
        firstSharedID = Self.firstID + count
        if contents.shared.isEmpty {
            (privateID, nextID) = (nil, firstSharedID)
        } else {
            privateID = firstSharedID + UInt32(truncatingIfNeeded: contents.shared.count)
            nextID = firstSharedID + UInt32(truncatingIfNeeded: contents.shared.count) + 1
            children[0] += 1
            directories[0] += 1
            folders += 1
            files += contents.shared.count
        }
        (self.children, self.directories) = (children, directories)
        (self.files, self.folders) = (UInt32(truncatingIfNeeded: files), UInt32(truncatingIfNeeded: folders))
    }

    private func identifier(_ index: Int) -> UInt32 {
        index == 0 ? HFSPlusVolume.rootID : Self.firstID + UInt32(truncatingIfNeeded: index - 1)
    }

    /// The whole file; its size is the same for all places.
    mutating func file(_ place: (Item) -> Fork?) -> [UInt8] {
        var records: [(key: CatalogKey, data: [UInt8])] = []
        for (index, node) in contents.nodes.enumerated() {
            let id = identifier(index)
            let key =
                index == 0
                ? CatalogKey(parent: HFSPlusVolume.rootParent, name: name.units)
                : CatalogKey(parent: identifier(node.parent), name: node.name.units)
            let isDirectory = if case .directory = node.kind { true } else { false }
            records.append((key, isDirectory ? directory(index, node, id) : file(index, node, id, place)))
            records.append((CatalogKey(parent: id, name: []), thread(key, isDirectory: isDirectory)))
        }
        if let privateID {
            let key = CatalogKey(parent: HFSPlusVolume.rootID, name: HardLinks.directory)
            records.append((key, privateDirectory(privateID)))
            records.append((CatalogKey(parent: privateID, name: []), thread(key, isDirectory: true)))
            for index in contents.shared.indices {
                let id = firstSharedID + UInt32(truncatingIfNeeded: index)
                let key = CatalogKey(parent: privateID, name: HardLinks.name(id))
                records.append((key, sharedFile(index, id, place)))
                records.append((CatalogKey(parent: id, name: []), thread(key, isDirectory: false)))
            }
        }
        let exactly = contents.caseSensitive
        records.sort { $0.key.compared(with: $1.key, exactly: exactly) < 0 }
        var tree = BTreeBuilder(
            BTreeHeader(
                nodeSize: nodeSize, maxKeyLength: 516,
                keyCompareType: exactly ? BTreeHeader.compareExactly : BTreeHeader.compareIgnoringCase, variableKeys: true))
        tree.add(records.map { BTreeBuilder.Record(key: $0.key.bytes, data: $0.data) })
        return tree.finish(spare: 16, blockSize: VolumeLayout.blockSize)
    }

    // MARK: Records

    private func modified(_ attributes: VolumeContents.Attributes) -> UInt32 { attributes.modified.map(VolumeLayout.seconds) ?? time }

    /// The first 48 bytes of both kinds.
    private func head(
        _ type: UInt16, flags: UInt16, number: UInt32, id: UInt32, modified: UInt32, owner: UInt32, group: UInt32, userFlags: UInt8 = 0,
        mode: Int, special: UInt32
    ) -> BigEndianWriter {
        var writer = BigEndianWriter()
        writer.append(type)
        writer.append(flags)
        writer.append(number)
        writer.append(id)
        // Made, changed, attributes changed, read, saved.
        for date in [time, modified, modified, modified, 0] { writer.append(date) }
        writer.append(owner)
        writer.append(group)
        writer.append([0, userFlags])
        writer.append(UInt16(truncatingIfNeeded: mode))
        writer.append(special)
        return writer
    }

    /// kHFSHasFolderCountMask: case-sensitive volumes count the directories in a directory.
    private var folderFlags: UInt16 { contents.caseSensitive ? 0x10 : 0 }

    private func directory(_ index: Int, _ node: VolumeContents.Node, _ id: UInt32) -> [UInt8] {
        var writer = head(
            HFSPlusEntry.folderRecord, flags: folderFlags, number: UInt32(truncatingIfNeeded: children[index]), id: id,
            modified: modified(node.attributes), owner: node.attributes.owner, group: node.attributes.group,
            mode: 0o040000 | node.attributes.mode & 0o7777, special: 0)
        writer.zeros(36)
        writer.append(UInt32(contents.caseSensitive ? UInt32(truncatingIfNeeded: directories[index]) : 0))
        return writer.bytes
    }

    private func privateDirectory(_ id: UInt32) -> [UInt8] {
        var writer = head(
            HFSPlusEntry.folderRecord, flags: folderFlags, number: UInt32(truncatingIfNeeded: contents.shared.count), id: id,
            modified: time, owner: 0, group: 0, mode: 0o040000, special: 0)
        writer.zeros(8)
        // Invisible, with a name that cannot be changed, far outside of the window.
        writer.append(UInt16(0x5000))
        writer.append(UInt16(22460))
        writer.append(UInt16(22460))
        writer.zeros(26)
        return writer.bytes
    }

    private func file(_ index: Int, _ node: VolumeContents.Node, _ id: UInt32, _ place: (Item) -> Fork?) -> [UInt8] {
        if case .hardLink(let number) = node.kind { return hardLink(index, number, id) }
        var (type, creator, kind): (UInt32, UInt32, Int) = (0, 0, 0o100000)
        if case .link = node.kind { (type, creator, kind) = (HFSPlusEntry.linkType, HFSPlusEntry.linkCreator, 0o120000) }
        let attributes = node.attributes
        var writer = head(
            HFSPlusEntry.fileRecord, flags: Self.threadExists, number: 0, id: id, modified: modified(attributes),
            owner: attributes.owner, group: attributes.group, mode: kind | attributes.mode & 0o7777, special: 1)
        tail(&writer, type, creator, place(.node(index)) ?? Fork())
        return writer.bytes
    }

    /// kHFSThreadExistsMask and kHFSHasLinkChainMask.
    private static let threadExists: UInt16 = 2
    private static let hasLinkChain: UInt16 = 0x20

    /// A name of a file: owner and group are the names before and after it in the chain. It cannot be changed by itself (UF_IMMUTABLE).
    private func hardLink(_ index: Int, _ number: Int, _ id: UInt32) -> [UInt8] {
        let names = contents.shared[number].names
        let at = names.firstIndex(of: index) ?? 0
        var writer = head(
            HFSPlusEntry.fileRecord, flags: Self.threadExists | Self.hasLinkChain, number: 0, id: id, modified: time,
            owner: at > 0 ? identifier(names[at - 1]) : 0, group: at + 1 < names.count ? identifier(names[at + 1]) : 0, userFlags: 2,
            mode: 0o100444, special: firstSharedID + UInt32(truncatingIfNeeded: number))
        tail(&writer, HFSPlusEntry.hardLinkType, HFSPlusEntry.hardLinkCreator, Fork())
        return writer.bytes
    }

    /// The file itself, which counts its names and knows the first one.
    private func sharedFile(_ index: Int, _ id: UInt32, _ place: (Item) -> Fork?) -> [UInt8] {
        let (file, names) = contents.shared[index]
        var writer = head(
            HFSPlusEntry.fileRecord, flags: Self.threadExists | Self.hasLinkChain, number: identifier(names[0]), id: id,
            modified: modified(file.attributes), owner: file.attributes.owner, group: file.attributes.group,
            mode: 0o100000 | file.attributes.mode & 0o7777, special: UInt32(truncatingIfNeeded: names.count))
        tail(&writer, 0, 0, place(.shared(index)) ?? Fork())
        return writer.bytes
    }

    /// Finder information and the two forks of a file.
    private func tail(_ writer: inout BigEndianWriter, _ type: UInt32, _ creator: UInt32, _ data: Fork) {
        writer.append(type)
        writer.append(creator)
        writer.zeros(32)
        data.append(to: &writer)
        Fork().append(to: &writer)
    }

    private func thread(_ key: CatalogKey, isDirectory: Bool) -> [UInt8] {
        var writer = BigEndianWriter()
        writer.append(isDirectory ? HFSPlusEntry.folderThread : HFSPlusEntry.fileThread)
        writer.append(UInt16(0))
        writer.append(Array(key.bytes.dropFirst(2)))
        return writer.bytes
    }
}
