import AppleMedia
import DiskFormats
import HFSPlus

/// The files of the installer's volume: the application, and what it installs.
struct InstallerContents {
    private(set) var volume = VolumeContents()
    private var directories: Set<String> = [""]

    /// Adds a directory, or does nothing when it is there.
    mutating func addDirectory(_ path: String, _ attributes: VolumeContents.Attributes = .directory) throws(FormatError) {
        guard !directories.contains(path) else { return }
        if let slash = path.lastIndex(of: "/") { try addDirectory(String(path[..<slash])) }
        try volume.addDirectory(path, attributes)
        directories.insert(path)
    }

    mutating func addFile(
        _ path: String, _ attributes: VolumeContents.Attributes = .file, content: any ByteSource
    ) throws(FormatError) {
        try addParent(of: path)
        try volume.addFile(path, attributes, content: content)
    }

    /// Adds a file whose content is written later, by the place that the volume's layout gives it.
    mutating func addFile(_ path: String, _ attributes: VolumeContents.Attributes, size: Int) throws(FormatError) {
        try addParent(of: path)
        try volume.addFile(path, attributes, size: size)
    }

    mutating func addLink(_ path: String, to target: String, _ attributes: VolumeContents.Attributes) throws(FormatError) {
        try addParent(of: path)
        try volume.addLink(path, to: target, attributes)
    }

    private mutating func addParent(of path: String) throws(FormatError) {
        if let slash = path.lastIndex(of: "/") { try addDirectory(String(path[..<slash])) }
    }

    /// Adds a directory of another volume with everything in it.
    mutating func add(_ directory: HFSPlusEntry, of source: HFSPlusVolume) throws(FormatError) {
        var open = [(directory.name.text, directory)]
        try addDirectory(directory.name.text, Self.attributes(directory))
        while let (path, next) = open.popLast() {
            try source.forEach(in: next) { (entry) throws(FormatError) in
                let name = path + "/" + entry.name.text
                guard name.utf8.count < 4096 else { throw .damaged("directories of the volume are in each other") }
                switch entry.kind {
                case .directory:
                    try addDirectory(name, Self.attributes(entry))
                    open.append((name, entry))
                case .link: try addLink(name, to: try source.target(of: entry), Self.attributes(entry))
                case .file, .hardLink:
                    let file = try source.resolved(entry)
                    try addFile(name, Self.attributes(file), content: try source.content(of: file))
                }
                return true
            }
        }
    }

    /// A volume that was not made on a Unix has no permissions.
    private static func attributes(_ entry: HFSPlusEntry) -> VolumeContents.Attributes {
        guard entry.mode != 0 else { return entry.kind == .directory ? .directory : .file }
        return VolumeContents.Attributes(mode: entry.mode & 0o7777, owner: entry.owner, group: entry.group, modified: entry.modified)
    }
}
