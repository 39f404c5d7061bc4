import AppleMedia
import Diagnostics
import DiskFormats
import Foundation
import HFSPlus
import HostSupport
import SystemPackage

/// Writes an installer disk: each source is read once, decoded and checked on its way, and lies nowhere else in between.
struct InstallerAssembly {
    let media: InstallerMedia
    let identifiers: DiskIdentifiers
    let progress: StepProgress

    /// How the second volume is called, in Terminal too: /Volumes/Installer.
    static let volumeName = "Installer"
    /// The second volume's own date, seconds since 1970: the same sources make the same bytes.
    private static let created = Reproducible.epoch

    /// - Parameter path: of a file that does not exist.
    /// - Returns: the partitions.
    /// - Throws: `dataError` when a checksum differs; `cantCreate`, `interrupted`.
    func write(to path: FilePath) async throws(OperationError) -> [InstallerManifest.Partition] {
        let disk = InstallerDisk(identifiers)
        let recovery = media.recovery.volume
        let layout = try media.installer.map { (installer) throws(OperationError) in
            try InstallerMedia.failing(installer.application) { () throws(FormatError) in
                try VolumeLayout(
                    installer.contents, name: Self.volumeName, identifier: identifiers.volumeIdentifier, created: Self.created)
            }
        }
        try FreeSpace.require(recovery.size + (layout?.size ?? 0), in: Destination.directory(of: path))
        let sink = try disk.create(path, recovery: recovery, installer: layout?.size)
        try await media.recovery.write(to: sink, at: RecoveryBuilder.alignment, progress: progress)
        var partitions = [
            InstallerManifest.Partition(
                name: InstallerDisk.recoveryName, fileSystem: recovery.kind.rawValue, offset: RecoveryBuilder.alignment,
                size: recovery.size,
                content: "recovery")
        ]
        if let layout, let installer = media.installer {
            let offset = InstallerDisk.installerOffset(after: recovery)
            try await write(installer, layout, to: SinkRange(of: sink, from: offset), path)
            partitions.append(
                InstallerManifest.Partition(
                    name: InstallerDisk.installerName, fileSystem: "HFS+", offset: offset, size: layout.size, content: installer.application
                ))
        }
        try await disk.writeTable(path, recovery: recovery, installer: layout?.size)
        return partitions
    }

    /// Writes the second volume, while the checksums of what is written are computed on another core.
    private func write(
        _ installer: InstallerMedia.Installer, _ layout: VolumeLayout, to sink: any ByteSink, _ path: FilePath
    ) async throws(OperationError) {
        let checks = Task { () -> OperationError? in
            for pending in installer.pending {
                do throws(FormatError) {
                    try pending.archive.verify(pending.entry)
                } catch {
                    return error.operationError("check", pending.file)
                }
            }
            return nil
        }
        let total = layout.size / 1_000_000
        var failure: OperationError?
        do throws(FormatError) {
            try installer.payload?.write(to: sink, layout)
            // The volume's header comes last: what is not complete is no volume.
            try layout.write(to: sink) { progress.note("\($0 / 1_000_000) of \(total) MB") }
        } catch {
            failure = error.operationError("write", path.string)
            checks.cancel()
        }
        let difference = await withTaskCancellationHandler {
            await checks.value
        } onCancel: {
            checks.cancel()
        }
        if let failure = failure ?? difference { throw failure }
    }
}
