package import DiskFormats
import HFSPlus
package import MediaCodecs

/// A file as a tree that goes on inside of the containers in it.
///
/// `InstallAssistant.pkg` has "SharedSupport.dmg", in whose volume is "a/b.zip", in which is "AssetData/Restore/BaseSystem.dmg", in whose
/// volume is a list: one path leads through all of them. Nothing but the last file is read.
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
        package enum Kind: String, Sendable { case file, directory, link, hardLink = "hard link" }
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
            guard let volume = try container.volume() else { throw .unsupported("there is no HFS+ volume in it") }
            try volume.forEach { (path, entry) throws(FormatError) in
                let kind: Item.Kind =
                    switch entry.kind {
                    case .file: .file
                    case .directory: .directory
                    case .link: .link
                    case .hardLink: .hardLink
                    }
                let size = entry.kind == .hardLink ? try volume.resolved(entry).size : entry.size
                try body(Item(path: path, kind: kind, size: entry.isCompressed ? nil : size, mode: entry.mode & 0o7777))
            }
        }
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
            guard let volume = try container.volume() else { throw .unsupported("there is no HFS+ volume in it") }
            // The longest way through directories; a name after a file belongs to what is in the file.
            var entry = try volume.root()
            var rest = path
            while entry.kind == .directory, let name = rest.first {
                let way = path[path.startIndex..<rest.startIndex] + [name]
                guard let next = try volume.entry(way.joined(separator: "/")) else { throw missing(path, container) }
                (entry, rest) = (next, rest.dropFirst())
            }
            switch entry.kind {
            case .directory: return (.directory, rest)
            case .link: return (.link(try volume.target(of: entry)), rest)
            case .file, .hardLink: return (.source(try volume.content(of: entry)), rest)
            }
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
