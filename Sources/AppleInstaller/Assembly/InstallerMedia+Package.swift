import AppleMedia
import Diagnostics
import DiskFormats
import HFSPlus
import HostSupport
import MediaCodecs
import SystemPackage

extension InstallerMedia {
    private static let updates = "com_apple_MobileAsset_MacSoftwareUpdate"
    /// macOS 11 and 12.
    private static let baseSystem = "AssetData/Restore/BaseSystem.dmg"
    /// macOS 13 and newer: a patch that replaces it as a whole. dockur/macos, src/install.sh.
    private static let baseSystemPatch = "AssetData/payloadv2/basesystem_patches/x86_64BaseSystem.dmg"

    /// macOS 11 and newer: everything is in InstallAssistant.pkg, one in the other. The last entry of the package is a disk image,
    /// whose volume has a ZIP, which has the disk image of the recovery.
    init(package path: FilePath, anchors: TrustAnchors, draft: Draft) async throws(OperationError) {
        let file = path.lastComponent?.string ?? path.string
        let (archive, _, check) = try await Self.signedPackage(path, anchors: anchors)
        let support = try Self.entry("SharedSupport.dmg", of: archive, file: file)
        _ = try Self.entry("Payload", of: archive, file: file)
        var contents = InstallerContents()
        let application = try Self.failing(file) { () throws(FormatError) in
            // Also what is not needed: a package that was changed anywhere is not Apple's.
            for entry in archive.entries where entry.kind == .file && entry.path != support.path { try archive.verify(entry) }
            guard let payload = PackagePayload(archive) else { throw .unsupported("it has no payload") }
            let application = try payload.add(to: &contents)
            try contents.addFile("\(application)/Contents/SharedSupport/SharedSupport.dmg", content: try archive.range(support))
            return application
        }
        recovery = try RecoveryImage(try Self.recovery(in: archive, support, file, draft), name: "the recovery in \(file)")
        installer = Installer(
            contents: contents.volume, application: application, payload: PackagePayload(archive),
            pending: [Pending(archive: archive, entry: support, file: file)])
        checks[file] = [check, "the checksums of everything in it"]
    }

    private static func recovery(
        in archive: XarArchive, _ support: XarEntry, _ file: String, _ draft: Draft
    ) throws(OperationError) -> any ByteSource {
        try failing(file) { () throws(FormatError) in
            let image = try UDIFImage(try archive.range(support))
            let place = try AppleVolume(on: image)
            let volume = try HFSPlusVolume(try image.range(place.offset, place.size))
            guard let directory = try volume.entry(updates) else { throw .unsupported("its SharedSupport.dmg has no \(updates)") }
            var found: (zip: ZipArchive, entry: ZipArchive.Entry)?
            try volume.forEach(in: directory) { (entry) throws(FormatError) in
                guard entry.kind == .file, entry.name.text.lowercased().hasSuffix(".zip") else { return true }
                let zip = try ZipArchive(try volume.content(of: entry))
                found = (zip.entry(baseSystem) ?? zip.entry(baseSystemPatch)).map { (zip, $0) }
                return found == nil
            }
            guard let (zip, entry) = found else {
                throw .unsupported("no ZIP in its SharedSupport.dmg has \(baseSystem) or \(baseSystemPatch)")
            }
            if entry.path == baseSystem, entry.isStored { return try zip.range(entry) }
            return try unpacked(zip, entry, draft)
        }
    }

    /// A recovery that is compressed: it has to be read at any place, and is unpacked into the draft. It has some 1 GB.
    private static func unpacked(_ zip: ZipArchive, _ entry: ZipArchive.Entry, _ draft: Draft) throws(FormatError) -> any ByteSource {
        func copy(_ name: String) throws(FormatError) -> any ByteSource {
            let path = draft.path(name)
            let sink = try FileSink(opening: path, size: entry.size, options: [.create, .exclusiveCreate])
            var offset = 0
            try zip.stream(entry).forEach { (part) throws(FormatError) in
                if Task.isCancelled { throw .interrupted }
                try sink.write(part, at: offset)
                offset += part.count
            }
            return try FileSource(opening: path)
        }
        guard entry.path == baseSystemPatch else { return try copy("BaseSystem.dmg") }
        let patch = try ReplacementPatch(entry.isStored ? try zip.range(entry) : try copy("BaseSystem.patch"))
        let path = draft.path("BaseSystem.dmg")
        try patch.write(to: try FileSink(opening: path, size: patch.size, options: [.create, .exclusiveCreate]))
        return try FileSource(opening: path)
    }
}
