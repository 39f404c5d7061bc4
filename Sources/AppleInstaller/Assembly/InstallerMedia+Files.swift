import AppleMedia
import Diagnostics
import DiskFormats
import Foundation
import HFSPlus
import HostSupport
import MediaCodecs
import SystemPackage

extension InstallerMedia {
    /// macOS 10.13 to 10.15: the application is in the recovery, and gets the other files.
    /// - Parameter files: the paths by the names on Apple's server; see `Installer.fileNames`.
    init(files: [String: FilePath], anchors: TrustAnchors) async throws(OperationError) {
        func path(_ name: String) throws(OperationError) -> FilePath {
            guard let path = files[name] else { throw OperationError("find", name, cause: "it is missing", exit: .noInput) }
            return path
        }
        let recovery = try RecoveryImage(try RecoveryBuilder.open(try path("BaseSystem.dmg")), name: "BaseSystem.dmg")
        let (archive, source, check) = try await Self.signedPackage(try path("InstallESDDmg.pkg"), anchors: anchors)
        let system = try Self.entry("InstallESD.dmg", of: archive, file: "InstallESDDmg.pkg")
        let information = try InstallInfo.forDisk(try InputFile.read(try path("InstallInfo.plist")))
        try Self.failing("InstallESDDmg.pkg") { () throws(FormatError) in
            for entry in archive.entries where entry.kind == .file && entry.path != system.path { try archive.verify(entry) }
        }
        var (contents, application) = (InstallerContents(), "")
        let copies = [
            ("BaseSystem.dmg", try RecoveryBuilder.open(try path("BaseSystem.dmg"))),
            ("BaseSystem.chunklist", try RecoveryBuilder.open(try path("BaseSystem.chunklist"))),
            // Apple's code attaches the package as the disk image that is its tail.
            ("InstallESD.dmg", source),
            ("AppleDiagnostics.dmg", try RecoveryBuilder.open(try path("AppleDiagnostics.dmg"))),
            ("AppleDiagnostics.chunklist", try RecoveryBuilder.open(try path("AppleDiagnostics.chunklist"))),
        ]
        try Self.failing("BaseSystem.dmg") { () throws(FormatError) in
            guard recovery.volume.kind == .hfsPlus else { throw .unsupported("its volume is not HFS+") }
            let volume = try HFSPlusVolume(try recovery.disk.range(recovery.volume.offset, recovery.volume.size))
            var found: HFSPlusEntry?
            try volume.forEach(in: try volume.root()) { (entry) throws(FormatError) in
                let name = entry.name.text
                if entry.kind == .directory, name.hasPrefix("Install "), name.hasSuffix(".app") { found = entry }
                return found == nil
            }
            guard let found else { throw .unsupported("its volume has no installer application") }
            application = found.name.text
            try contents.add(found, of: volume)
            let support = "\(application)/Contents/SharedSupport"
            for (name, source) in copies { try contents.addFile("\(support)/\(name)", content: source) }
            try contents.addFile("\(support)/InstallInfo.plist", content: MemorySource(Array(information)))
        }
        self.recovery = recovery
        installer = Installer(
            contents: contents.volume, application: application, payload: nil,
            pending: [Pending(archive: archive, entry: system, file: "InstallESDDmg.pkg")])
        checks["InstallESDDmg.pkg"] = [check, "the checksums of everything in it"]
    }
}
