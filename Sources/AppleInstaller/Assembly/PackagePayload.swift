import AppleMedia
import DiskFormats
import HFSPlus
import MediaCodecs

/// The payload of a package: a cpio archive, in pbzx or gzip, which can be read from its start only.
///
/// It is read twice: for names and sizes, from which the volume is laid out, and for the content.
struct PackagePayload: Sendable {
    private let archive: XarArchive
    private let entry: XarEntry

    /// nil for a package without one.
    init?(_ archive: XarArchive) {
        guard let entry = archive.entry("Payload") else { return nil }
        (self.archive, self.entry) = (archive, entry)
    }

    private func reader() throws(FormatError) -> CpioReader {
        // Packages store it as it is: it is compressed already.
        guard case .payload(let payload) = try MediaContainer.open(try archive.range(entry)) else {
            throw .damaged("its payload is no cpio archive")
        }
        return try payload.reader()
    }

    /// Where an entry goes: what is in Applications is at the top of the volume, and nothing else is needed.
    static func path(_ path: String) -> String? {
        let parts = path.split(separator: "/").filter { $0 != "." }
        guard parts.first == "Applications", parts.count > 1, !parts.contains("..") else { return nil }
        return parts.dropFirst().joined(separator: "/")
    }

    /// Adds names and sizes.
    /// - Returns: the name of the application.
    func add(to contents: inout InstallerContents) throws(FormatError) -> String {
        let reader = try reader()
        var application: String?
        while let entry = try reader.next() {
            if Task.isCancelled { throw .interrupted }
            guard let path = Self.path(entry.path) else { continue }
            let top = String(path.prefix { $0 != "/" })
            if top.hasSuffix(".app"), application == nil { application = top }
            let attributes = VolumeContents.Attributes(
                mode: entry.mode & 0o7777, owner: UInt32(truncatingIfNeeded: entry.owner), group: UInt32(truncatingIfNeeded: entry.group),
                modified: entry.modified)
            if entry.isDirectory {
                try contents.addDirectory(path, attributes)
            } else if entry.isLink {
                guard entry.size < 1024 else { throw .damaged("\(entry.path) is a link to \(entry.size) bytes") }
                let target = try reader.content.bytes(entry.size)
                try contents.addLink(path, to: String(decoding: target, as: UTF8.self), attributes)
            } else if entry.isRegular {
                try contents.addFile(path, attributes, size: entry.size)
            }
        }
        guard let application else { throw .unsupported("its payload has no application") }
        return application
    }

    /// Writes the content of the files.
    func write(to sink: any ByteSink, _ layout: VolumeLayout) throws(FormatError) {
        let reader = try reader()
        while let entry = try reader.next() {
            guard entry.isRegular, let path = Self.path(entry.path), let place = layout.place(of: path) else { continue }
            guard place.count == entry.size else { throw .damaged("\(entry.path) has two sizes") }
            var offset = place.lowerBound
            try reader.content.forEach { (part) throws(FormatError) in
                if Task.isCancelled { throw .interrupted }
                try sink.write(part, at: offset)
                offset += part.count
            }
        }
    }
}
