import DiskFormats

/// The table of contents of a xar archive: XML, whose offsets count from the heap.
struct XarTable {
    let tree: XMLTree
    /// Where the heap begins, and the size of the file: bytes.
    let heap, size: Int

    private var toc: XMLTree.Element? { tree.root.name == "xar" ? tree.root.child("toc") : nil }

    /// Where the checksum of the table itself is, and its algorithm.
    var checksum: (place: Range<Int>, style: String)? {
        guard let element = toc?.child("checksum"), let style = element.attributes["style"], let place = place(element) else { return nil }
        return (place, style.lowercased().filter { $0 != "-" })
    }

    func read(_ source: any ByteSource) throws(FormatError) -> ([XarEntry], XarSignature?) {
        guard let toc else { throw .damaged("its table of contents is no table of contents") }
        var entries: [XarEntry] = []
        // Directories that are not read yet, with their paths.
        var open: [(element: XMLTree.Element, path: String)] = [(toc, "")]
        while let (element, path) = open.popLast() {
            for child in element.children where child.name == "file" {
                let entry = try entry(child, below: path)
                entries.append(entry)
                open.append((child, entry.path))
            }
        }
        return (entries, try signature(toc, source))
    }

    private func entry(_ element: XMLTree.Element, below parent: String) throws(FormatError) -> XarEntry {
        let name = element.child("name").map { tree.text($0) } ?? ""
        guard !name.isEmpty, parent.utf8.count + name.utf8.count < 4096 else {
            throw .damaged("its table of contents has a file without a name, or with one that is too long")
        }
        let path = parent.isEmpty ? name : parent + "/" + name
        let kind: XarEntry.Kind =
            switch element.child("type").map({ tree.text($0) }) {
            case "file", nil: .file
            case "directory": .directory
            case "symlink": .link
            default: .other
            }
        let mode = element.child("mode").flatMap { Int(tree.text($0), radix: 8) } ?? 0
        var entry = XarEntry(
            path: path, kind: kind, size: 0, encoding: .none, offset: heap, storedSize: 0, checksum: nil, storedChecksum: nil,
            mode: mode & 0o7777)
        guard let data = element.child("data") else { return entry }
        // "length" is what is stored, "size" what it makes.
        guard let size = tree.integer(data.child("size")), size >= 0, let place = place(data, count: "length") else {
            throw .damaged("the data of \(path) is outside of the archive")
        }
        (entry.size, entry.offset, entry.storedSize) = (size, place.lowerBound, place.count)
        switch data.child("encoding")?.attributes["style"] {
        case "application/octet-stream", nil: entry.encoding = .none
        case "application/x-gzip", "application/zlib": entry.encoding = .gzip
        case "application/x-bzip2": entry.encoding = .bzip2
        case "application/x-xz", "application/x-lzma": entry.encoding = .xz
        case let style?: throw .unsupported("\(path) is encoded as \(style)")
        }
        guard entry.encoding != .none || entry.size == entry.storedSize else {
            throw .damaged("\(path) is stored as it is, but in another size")
        }
        entry.checksum = try checksum(data.child("extracted-checksum"), of: path)
        entry.storedChecksum = try checksum(data.child("archived-checksum"), of: path)
        return entry
    }

    private func checksum(_ element: XMLTree.Element?, of path: String) throws(FormatError) -> Checksum? {
        guard let element, let style = element.attributes["style"], style.lowercased() != "none" else { return nil }
        guard let checksum = Checksum(algorithm: style, text: tree.text(element)) else {
            throw .damaged("the checksum of \(path) is no \(style) checksum")
        }
        return checksum
    }

    private func signature(_ toc: XMLTree.Element, _ source: any ByteSource) throws(FormatError) -> XarSignature? {
        // "x-signature" is the same in another form.
        guard let element = toc.child("signature") ?? toc.child("x-signature") else { return nil }
        guard let place = place(element), place.count <= 1 << 16 else { throw .damaged("its signature is outside of the archive") }
        let list = element.child("KeyInfo")?.child("X509Data")?.children.filter { $0.name == "X509Certificate" } ?? []
        guard list.count <= 16 else { throw .damaged("its signature has \(list.count) certificates") }
        var certificates: [[UInt8]] = []
        for item in list {
            guard let bytes = tree.data(item) else { throw .damaged("its signature has a damaged certificate") }
            certificates.append(bytes)
        }
        var signed: Checksum?
        if let checksum, let algorithm = Checksum.Algorithm(rawValue: checksum.style), checksum.place.count == algorithm.size {
            signed = Checksum(algorithm, try source.bytes(at: checksum.place.lowerBound, count: checksum.place.count))
        }
        return XarSignature(
            style: element.attributes["style"] ?? "", bytes: try source.bytes(at: place.lowerBound, count: place.count),
            certificates: certificates, signedChecksum: signed)
    }

    /// A place in the heap as one in the file; nil when it is outside.
    private func place(_ element: XMLTree.Element, count: String = "size") -> Range<Int>? {
        guard let offset = tree.integer(element.child("offset")), let count = tree.integer(element.child(count)), offset >= 0, count >= 0,
            heap <= size, offset <= size - heap, count <= size - heap - offset
        else { return nil }
        return (heap + offset)..<(heap + offset + count)
    }
}
