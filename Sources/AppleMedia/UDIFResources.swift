import DiskFormats

/// The block tables of a UDIF disk image: in a property list, or in a resource fork, as old images have them.
enum UDIFResources {
    struct Resource {
        var name: String
        var data: [UInt8]
    }

    /// Bytes; a terabyte in runs of 1 MiB takes 60 MB of base64.
    private static let limit = 64 << 20

    static func blockTables(_ trailer: UDIFTrailer, _ source: any ByteSource) throws(FormatError) -> [Resource] {
        if !trailer.propertyList.isEmpty {
            return try propertyList(try bytes(trailer.propertyList, trailer, source))
        }
        guard !trailer.resourceFork.isEmpty else { throw .damaged("its UDIF trailer names neither a property list nor a resource fork") }
        return try resourceFork(try bytes(trailer.resourceFork, trailer, source))
    }

    private static func bytes(
        _ range: Range<Int>, _ trailer: UDIFTrailer, _ source: any ByteSource
    ) throws(FormatError) -> [UInt8] {
        guard range.count <= limit else { throw .damaged("its list of block tables is larger than \(limit >> 20) MiB") }
        return try source.bytes(at: trailer.start + range.lowerBound, count: range.count)
    }

    private static func propertyList(_ bytes: [UInt8]) throws(FormatError) -> [Resource] {
        let tree = try XMLTree(bytes)
        guard let list = tree.root.child("dict")?.value("resource-fork", in: tree)?.value("blkx", in: tree), list.name == "array" else {
            throw .damaged("its property list has no block tables")
        }
        var resources: [Resource] = []
        for item in list.children {
            guard let element = item.value("Data", in: tree), let data = tree.data(element) else {
                throw .damaged("its property list has a damaged block table")
            }
            let name = (item.value("CFName", in: tree) ?? item.value("Name", in: tree)).map { tree.text($0) }
            resources.append(Resource(name: name ?? "", data: data))
        }
        return resources
    }

    /// Inside Macintosh: More Macintosh Toolbox, 1-121: a header, the data, and a map of types, each with a list of resources.
    private static func resourceFork(_ bytes: [UInt8]) throws(FormatError) -> [Resource] {
        let damage = FormatError.damaged("its resource fork is damaged")
        func word(_ offset: Int) throws(FormatError) -> Int {
            guard let value = bytes.bigEndian(UInt32.self, at: offset) else { throw damage }
            return Int(value)
        }
        func short(_ offset: Int) throws(FormatError) -> Int {
            guard let value = bytes.bigEndian16(at: offset) else { throw damage }
            return Int(value)
        }
        let (data, map) = (try word(0), try word(4))
        let types = map + (try short(map + 24))
        let names = map + (try short(map + 26))
        // Both counts are one less than they are; 0xffff is none.
        let typeCount = (try short(types) + 1) & 0xffff
        for index in 0..<typeCount {
            let type = types + 2 + 8 * index
            guard bytes.has("blkx", at: type) else { continue }
            let count = (try short(type + 4) + 1) & 0xffff
            let list = types + (try short(type + 6))
            var (resources, total): ([Resource], Int) = ([], 0)
            for number in 0..<count {
                let item = list + 12 * number
                let nameOffset = try short(item + 2)
                let start = data + (try word(item + 4) & 0xff_ffff)
                let length = try word(start)
                total += length
                // Resources do not share bytes: together they are no longer than the fork.
                guard total <= bytes.count, start + 4 <= bytes.count - length else { throw damage }
                var name = ""
                if nameOffset != 0xffff, names + nameOffset < bytes.count {
                    let size = Int(bytes[names + nameOffset])
                    name = String(decoding: bytes[(names + nameOffset + 1)...].prefix(size), as: UTF8.self)
                }
                resources.append(Resource(name: name, data: Array(bytes[(start + 4)..<(start + 4 + length)])))
            }
            return resources
        }
        throw .damaged("its resource fork has no block tables")
    }
}
