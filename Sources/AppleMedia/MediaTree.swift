package import DiskFormats
package import MediaCodecs

/// A file as a tree that goes on inside of the containers in it.
///
/// `InstallAssistant.pkg` has "SharedSupport.dmg", in whose volume is "a/b.zip", in which is "AssetData/Restore/BaseSystem.dmg", in whose
/// volume is a list: one path leads through all of them. Nothing but the last file is read. Where an APFS container has several volumes,
/// a path begins with the name of one.
package struct MediaTree {
    private let source: any ByteSource

    package init(_ source: any ByteSource) { self.source = source }

    package enum Content {
        case directory
        /// At any place.
        case source(any ByteSource)
        /// From its start.
        case stream(any ByteStream)
        /// A symbolic link and what it points to.
        case link(String)
    }

    package struct Item: Sendable {
        package enum Kind: String, Sendable { case file, directory, link, hardLink = "hard link", other }
        package var path: String
        package var kind: Kind
        /// Bytes; nil where the container does not tell without reading.
        package var size: Int?
        /// Permission bits; nil where the container has none.
        package var mode: Int?
    }

    /// What has a path.
    /// - Throws: `notFound`, which names the container that does not have it.
    package func content(_ path: String) throws(FormatError) -> Content {
        var (rest, content): (ArraySlice<Substring>, Content) = (path.split(separator: "/").filter { $0 != "." }[...], .source(source))
        while !rest.isEmpty {
            guard case .source(let source) = content else {
                if case .stream = content { throw .unsupported("what is before \(rest[rest.startIndex]) is compressed: extract it first") }
                throw .notFound("there is no \(rest.joined(separator: "/")), since what is before it is no archive, image or volume")
            }
            guard let container = try MediaContainer.open(source) else {
                throw .notFound("there is no \(rest.joined(separator: "/")), since what is before it is no archive, image or volume")
            }
            (content, rest) = try Self.step(into: container, rest)
        }
        return content
    }

    /// Calls `body` with all that is in the container with a path, without going into the containers in it.
    package func forEach(in path: String = "", _ body: (Item) throws(FormatError) -> Void) throws(FormatError) {
        let found = try content(path)
        guard case .source(let source) = found, let container = try MediaContainer.open(source) else {
            throw .unsupported("it is no archive, disk image or volume that this program can list")
        }
        switch container {
        case .package(let archive):
            for entry in archive.entries.sorted(by: { $0.path < $1.path }) {
                let kind: Item.Kind = entry.kind == .directory ? .directory : entry.kind == .link ? .link : .file
                try body(Item(path: entry.path, kind: kind, size: entry.size, mode: entry.mode))
            }
        case .zip(let archive):
            for entry in archive.entries {
                let kind: Item.Kind = entry.path.hasSuffix("/") ? .directory : entry.mode & 0o170000 == 0o120000 ? .link : .file
                try body(Item(path: entry.path, kind: kind, size: entry.size, mode: entry.mode == 0 ? nil : entry.mode & 0o7777))
            }
        case .payload(let payload):
            let reader = try payload.reader()
            while let entry = try reader.next() {
                let kind: Item.Kind = entry.isDirectory ? .directory : entry.isLink ? .link : .file
                try body(Item(path: Self.clean(entry.path), kind: kind, size: entry.size, mode: entry.mode & 0o7777))
            }
        case .image, .disk, .volume, .apfs:
            let volumes = try Self.volumes(container)
            for volume in volumes {
                let prefix = volumes.count > 1 ? volume.name + "/" : ""
                if volumes.count > 1 { try body(Item(path: volume.name, kind: .directory)) }
                if volume.isEncrypted { continue }
                try volume.forEach { (item) throws(FormatError) in
                    var item = item
                    item.path = prefix + item.path
                    try body(item)
                }
            }
        }
    }

    private static func volumes(_ container: MediaContainer) throws(FormatError) -> [MediaVolume] {
        let volumes = try container.volumes()
        guard !volumes.isEmpty else { throw .unsupported("there is no HFS+ or APFS volume in it") }
        return volumes
    }

    /// The longest part of the path that the container has, and what is left of it.
    private static func step(
        into container: MediaContainer, _ path: ArraySlice<Substring>
    ) throws(FormatError) -> (Content, ArraySlice<Substring>) {
        switch container {
        case .package(let archive):
            guard let (entry, rest) = longest(path, { archive.entry($0) }) else { throw missing(path, container) }
            if entry.kind == .directory { return (.directory, rest) }
            return (entry.encoding == .none ? .source(try archive.range(entry)) : .stream(try archive.stream(entry)), rest)
        case .zip(let archive):
            guard let (entry, rest) = longest(path, { archive.entry($0) ?? archive.entry($0 + "/") }) else {
                throw missing(path, container)
            }
            if entry.path.hasSuffix("/") { return (.directory, rest) }
            return (entry.isStored ? .source(try archive.range(entry)) : .stream(try archive.stream(entry)), rest)
        case .payload(let payload):
            let reader = try payload.reader()
            while let entry = try reader.next() {
                let parts = clean(entry.path).split(separator: "/")
                guard !parts.isEmpty, path.starts(with: parts), !entry.isDirectory || parts.count == path.count else { continue }
                if entry.isDirectory { return (.directory, []) }
                if entry.isLink { return (.link(String(decoding: try reader.content.remainder(limit: 4096), as: UTF8.self)), []) }
                return (.stream(reader.content), path.dropFirst(parts.count))
            }
            throw missing(path, container)
        case .image, .disk, .volume, .apfs:
            return try step(into: try volumes(container), path)
        }
    }

    private static func step(into volumes: [MediaVolume], _ path: ArraySlice<Substring>) throws(FormatError) -> (
        Content, ArraySlice<Substring>
    ) {
        var (volume, path) = (volumes[0], path)
        if volumes.count > 1 {
            guard let name = path.popFirst(), let named = volumes.first(where: { $0.name == name }) else {
                throw .notFound("there is no such volume in the APFS container: it has \(volumes.map(\.name).joined(separator: ", "))")
            }
            volume = named
        }
        // The longest way through directories; a name after a file belongs to what is in the file.
        var (kind, rest) = (Item.Kind.directory, path)
        var way: String { path[path.startIndex..<rest.startIndex].joined(separator: "/") }
        while kind == .directory, !rest.isEmpty {
            rest.removeFirst()
            guard let next = try volume.kind(way) else { throw .notFound("there is no \(way) in the \(volume.format)") }
            kind = next
        }
        switch kind {
        case .directory: return (.directory, rest)
        case .link: return (.link(try volume.target(way)), rest)
        case .file, .hardLink: return (.source(try volume.content(way)), rest)
        case .other: throw .unsupported("\(way) is neither a file nor a directory nor a link")
        }
    }

    private static func longest<Entry>(
        _ path: ArraySlice<Substring>, _ find: (String) -> Entry?
    ) -> (Entry, ArraySlice<Substring>)? {
        for count in stride(from: path.count, to: 0, by: -1) {
            if let entry = find(path.prefix(count).joined(separator: "/")) { return (entry, path.dropFirst(count)) }
        }
        return nil
    }

    private static func missing(_ path: ArraySlice<Substring>, _ container: MediaContainer) -> FormatError {
        .notFound("there is no \(path.joined(separator: "/")) in the \(container.name)")
    }

    private static func clean(_ path: String) -> String { path.hasPrefix("./") ? String(path.dropFirst(2)) : path }
}
