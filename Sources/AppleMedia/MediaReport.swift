import APFS
import Diagnostics
package import DiskFormats
import HFSPlus

/// What a file is and holds, as `macos-virt media inspect` tells it.
package struct MediaReport: Codable, Equatable, Sendable {
    package var format: String
    /// Bytes, of a disk image those of the disk.
    package var size: Int
    /// Further facts, in the order in which they are shown.
    package var facts: [Fact] = []
    /// What is in it that has a structure of its own.
    package var contains: [MediaReport] = []

    package struct Fact: Codable, Equatable, Sendable {
        package var name, value: String
    }

    /// - Throws: `damaged` for what is recognized but damaged; what reading throws.
    package init(_ source: any ByteSource) throws(FormatError) {
        guard let container = try MediaContainer.open(source) else {
            self.init(format: try Self.otherFormat(source), size: source.size)
            return
        }
        try self.init(container, size: source.size)
        // The tail of an installer package is the disk image that the installer attaches.
        if case .package = container, UDIFImage.recognizes(source) {
            let image = try UDIFImage(source)
            contains.append(try MediaReport(.image(image), size: image.size))
        }
    }

    private init(format: String, size: Int) { (self.format, self.size) = (format, size) }

    private init(_ container: MediaContainer, size: Int) throws(FormatError) {
        self.init(format: container.name, size: size)
        switch container {
        case .image(let image):
            self.size = image.size
            if image.start > 0 { add("begins at byte", "\(image.start)") }
            add("codecs", image.codecs.isEmpty ? "none" : image.codecs.joined(separator: ", "))
            for name in image.tableNames { add("block table", name) }
            try addDisk(image)
        case .package(let archive):
            add("entries", "\(archive.entries.count)")
            if let checksum = archive.tableChecksum { add("checksum of the table", "\(checksum.algorithm.rawValue) \(checksum.text)") }
            add("signature", archive.signature.map { "\($0.style), \($0.certificates.count) certificates" } ?? "none")
            for entry in archive.entries where entry.kind == .file {
                add("entry", "\(entry.path), \(entry.size) bytes, \(entry.encoding.rawValue)")
            }
        case .zip(let archive):
            add("entries", "\(archive.entries.count)")
            add("stored as they are", "\(archive.entries.filter(\.isStored).count)")
        case .volume(let volume):
            add("name", volume.name)
            add("files", "\(volume.files)")
            add("directories", "\(volume.directories)")
            add("free", "\(volume.freeSize) bytes")
            try addVersion(.hfsPlus(volume))
        case .disk(let partitions):
            for partition in partitions { add("partition", Self.describe(partition)) }
            for partition in partitions {
                guard let inner = try MediaContainer.openDisk(partition.content) else { continue }
                contains.append(try MediaReport(inner, size: partition.content.size))
            }
        case .apfs(let container):
            add("identifier", container.identifier)
            for volume in container.volumes { try addVolume(volume) }
        case .payload: break
        }
    }

    private mutating func add(_ name: String, _ value: String) { facts.append(Fact(name: name, value: value.printable)) }

    private mutating func addDisk(_ disk: any ByteSource) throws(FormatError) {
        if let inner = try MediaContainer.openDisk(disk) { contains.append(try MediaReport(inner, size: disk.size)) }
    }

    private static func describe(_ partition: MediaPartition) -> String {
        let name = partition.name.isEmpty ? "" : "\"\(partition.name)\", "
        return "\(name)type \(partition.type), \(partition.content.size) bytes at \(partition.offset)"
    }

    /// The release of macOS, where the volume has it.
    private mutating func addVersion(_ volume: MediaVolume) throws(FormatError) {
        guard let version = try volume.systemVersion() else { return }
        add("macOS", "\(version.version) (\(version.build))")
    }

    private mutating func addVolume(_ volume: APFSVolume) throws(FormatError) {
        let traits = [
            volume.role?.name ?? "an unknown role", volume.isCaseSensitive ? "case-sensitive" : nil, volume.isSealed ? "sealed" : nil,
            volume.isEncrypted ? "encrypted" : nil,
        ]
        add("volume", "\"\(volume.name)\", \(traits.compactMap { $0 }.joined(separator: ", ")), \(volume.files) files")
        if !volume.isEncrypted { try addVersion(.apfs(volume)) }
    }

    /// What the first bytes of other files that belong to an installer say.
    private static func otherFormat(_ source: any ByteSource) throws(FormatError) -> String {
        let head = try source.head(8)
        if head.has("CNKL", at: 0) { return "chunklist" }
        if head.has("<?xml", at: 0) { return "XML" }
        if head.has("bplist", at: 0) { return "binary property list" }
        return "unknown"
    }
}

/// The release and the build that a volume of macOS names: SystemVersion.plist.
package struct SystemVersion: Equatable, Sendable {
    /// "14.6.1" and "23G93".
    package var version, build: String

    package static let path = "System/Library/CoreServices/SystemVersion.plist"

    /// - Throws: `damaged` for a list without them.
    package init(_ list: any ByteSource) throws(FormatError) {
        guard list.size <= 1 << 16 else { throw .damaged("SystemVersion.plist is larger than 64 KiB") }
        let tree = try XMLTree(try list.bytes(at: 0, count: list.size))
        guard let dictionary = tree.root.child("dict"),
            let version = dictionary.value("ProductVersion", in: tree).map({ tree.text($0) }), !version.isEmpty,
            let build = dictionary.value("ProductBuildVersion", in: tree).map({ tree.text($0) }), !build.isEmpty
        else { throw .damaged("SystemVersion.plist names no version") }
        (self.version, self.build) = (version, build)
    }
}
