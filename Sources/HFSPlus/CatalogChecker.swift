import DiskFormats

/// Checks the records of a catalog against each other: threads, parents, counts, catalog IDs, hard links.
struct CatalogChecker {
    private let volume: HFSPlusVolume
    private(set) var problems: [String] = []
    /// All but directories.
    private(set) var files: [HFSPlusEntry] = []

    /// What is known of a catalog ID.
    private struct Item {
        var name: CatalogKey?
        var thread: CatalogKey?
        var isDirectory = false
        var children = 0
        var directories = 0
    }
    private var items: [UInt32: Item] = [:]
    private var directories: [HFSPlusEntry] = []
    /// Names of files with several names, by the number of the file.
    private var links: [UInt32: [HFSPlusEntry]] = [:]
    /// Files that have the flag.
    private var shared: [UInt32: HFSPlusEntry] = [:]

    init(_ volume: HFSPlusVolume) { self.volume = volume }

    private mutating func found(_ problem: String) { if problems.count < 100 { problems.append("the catalog: \(problem)") } }

    mutating func check() throws(FormatError) {
        // The top is not counted.
        var folders = -1
        // Collected first: a closure cannot change this value while the tree is read.
        var records: [(BTreeNode, Int)] = []
        try volume.catalog.forEach { (node, index) throws(FormatError) in
            records.append((node, index))
            return true
        }
        for (node, index) in records {
            let place = BTree.Place(node: node, index: index)
            guard let key = try HFSPlusVolume.key(place) else { continue }
            guard let entry = try HFSPlusVolume.entry(place, key) else {
                try note(threadOf: key, place)
                continue
            }
            if key.name.isEmpty { found("a record in directory \(key.parent) has no name") }
            if entry.kind == .directory { folders += 1 } else { files.append(entry) }
            note(entry, key)
        }
        if files.count != Int(volume.header.files) { found("\(files.count) files, not \(volume.header.files)") }
        if folders != Int(volume.header.folders) { found("\(folders) directories, not \(volume.header.folders)") }
        checkItems()
        checkLinks()
    }

    private mutating func note(_ entry: HFSPlusEntry, _ key: CatalogKey) {
        let id = entry.catalogID
        if id < 16 && id != HFSPlusVolume.rootID || id >= volume.header.nextCatalogID { found("the catalog ID \(id) is not in use") }
        if items[id]?.name != nil { found("the catalog ID \(id) is used twice") }
        items[id, default: Item()].name = key
        items[id, default: Item()].isDirectory = entry.kind == .directory
        items[key.parent, default: Item()].children += 1
        switch entry.kind {
        case .directory:
            items[key.parent, default: Item()].directories += 1
            directories.append(entry)
        case .hardLink: links[entry.special, default: []].append(entry)
        case .file where entry.recordFlags & 0x20 != 0: shared[id] = entry
        case .file, .link: break
        }
    }

    private mutating func note(threadOf key: CatalogKey, _ place: BTree.Place) throws(FormatError) {
        guard key.name.isEmpty else { return found("the thread of \(key.parent) has a name") }
        guard let thread = try HFSPlusVolume.thread(of: key.parent, volume.catalog, exactly: volume.isCaseSensitive) else {
            return found("the thread of \(key.parent) cannot be found")
        }
        items[key.parent, default: Item()].thread = CatalogKey(parent: thread.parent, name: thread.name.units)
    }

    private mutating func checkItems() {
        for (id, item) in items.sorted(by: { $0.key < $1.key }) where id != HFSPlusVolume.rootParent {
            guard let name = item.name else {
                found("the catalog ID \(id) has a thread or entries, but no record")
                continue
            }
            if item.thread != name { found("the thread of \(id) does not lead to its record") }
            if name.parent != HFSPlusVolume.rootParent, items[name.parent]?.isDirectory != true {
                found("the parent of \(id) is \(name.parent), which is no directory")
            }
        }
        for directory in directories {
            let item = items[directory.catalogID]
            if Int(directory.valence) != item?.children ?? 0 {
                found("directory \(directory.catalogID) has \(item?.children ?? 0) entries, not \(directory.valence)")
            }
            if directory.recordFlags & 0x10 != 0, Int(directory.folders) != item?.directories ?? 0 {
                found("directory \(directory.catalogID) has \(item?.directories ?? 0) directories, not \(directory.folders)")
            }
        }
    }

    /// Each file knows how many names it has and the first of them, and each name those beside it.
    private mutating func checkLinks() {
        for (number, names) in links.sorted(by: { $0.key < $1.key }) {
            guard let file = shared[number] else {
                found("\(names.count) hard links lead to the file \(number), which is not there")
                continue
            }
            if Int(file.special) != names.count { found("the file \(number) has \(names.count) names, not \(file.special)") }
            var (at, before, left): (UInt32, UInt32, Int) = (file.folders, 0, names.count)
            while at != 0, left > 0, let name = names.first(where: { $0.catalogID == at }) {
                if name.owner != before { found("the hard link \(at) has another one before it than \(before)") }
                (before, at, left) = (at, name.group, left - 1)
            }
            if at != 0 || left != 0 { found("the hard links of the file \(number) are no chain") }
        }
        for number in shared.keys where links[number] == nil { found("the file \(number) has no names") }
    }
}
