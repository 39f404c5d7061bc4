package import APFS
package import DiskFormats
package import HFSPlus

/// A volume of either of Apple's file systems.
package enum MediaVolume: Sendable {
    case hfsPlus(HFSPlusVolume)
    case apfs(APFSVolume)

    package var name: String {
        switch self {
        case .hfsPlus(let volume): volume.name
        case .apfs(let volume): volume.name
        }
    }

    package var isEncrypted: Bool {
        switch self {
        case .hfsPlus: false
        case .apfs(let volume): volume.isEncrypted
        }
    }

    /// As users know the file system.
    var format: String {
        switch self {
        case .hfsPlus(let volume): volume.isCaseSensitive ? "HFSX volume" : "HFS+ volume"
        case .apfs: "APFS volume"
        }
    }

    /// What has a path; nil when there is nothing.
    func kind(_ path: String) throws(FormatError) -> MediaTree.Item.Kind? {
        switch self {
        case .hfsPlus(let volume): try volume.entry(path).map { MediaTree.Item.Kind($0.kind) }
        case .apfs(let volume): try volume.entry(path).map { MediaTree.Item.Kind($0.kind) }
        }
    }

    /// The content of a file.
    /// - Throws: `notFound`, `unsupported`, `damaged`.
    package func content(_ path: String) throws(FormatError) -> any ByteSource {
        switch self {
        case .hfsPlus(let volume): try volume.content(path)
        case .apfs(let volume): try volume.content(path)
        }
    }

    /// What a symbolic link points to.
    func target(_ path: String) throws(FormatError) -> String {
        switch self {
        case .hfsPlus(let volume):
            if let entry = try volume.entry(path) { return try volume.target(of: entry) }
        case .apfs(let volume):
            if let entry = try volume.entry(path) { return try volume.target(of: entry) }
        }
        throw .notFound("there is no link \(path)")
    }

    /// Calls `body` with everything on the volume, a directory before what is in it.
    func forEach(_ body: (MediaTree.Item) throws(FormatError) -> Void) throws(FormatError) {
        switch self {
        case .hfsPlus(let volume):
            try volume.forEach { (path, entry) throws(FormatError) in
                let size = entry.kind == .hardLink ? try volume.resolved(entry).size : entry.size
                try body(
                    MediaTree.Item(
                        path: path, kind: MediaTree.Item.Kind(entry.kind), size: entry.isCompressed ? nil : size, mode: entry.mode & 0o7777)
                )
            }
        case .apfs(let volume):
            try volume.forEach { (path, entry) throws(FormatError) in
                try body(
                    MediaTree.Item(
                        path: path, kind: MediaTree.Item.Kind(entry.kind), size: entry.isCompressed ? nil : entry.size,
                        mode: entry.mode & 0o7777))
            }
        }
    }

    /// The release of macOS; nil where the volume has none.
    package func systemVersion() throws(FormatError) -> SystemVersion? {
        guard let kind = try kind(SystemVersion.path), kind != .directory else { return nil }
        return try SystemVersion(try content(SystemVersion.path))
    }
}

extension MediaTree.Item.Kind {
    init(_ kind: HFSPlusEntry.Kind) {
        self =
            switch kind {
            case .file: .file
            case .directory: .directory
            case .link: .link
            case .hardLink: .hardLink
            }
    }

    init(_ kind: APFSEntry.Kind) {
        self =
            switch kind {
            case .file: .file
            case .directory: .directory
            case .link: .link
            case .other: .other
            }
    }
}
