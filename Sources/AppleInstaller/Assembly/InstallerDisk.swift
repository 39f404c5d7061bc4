import Diagnostics
import DiskFormats
import DiskImage
import HostSupport
import LinuxSupport
import SystemPackage

/// A raw disk with a GPT: the recovery in the first partition, and the installer in the second.
struct InstallerDisk {
    static let recoveryName = "macOS Recovery"
    static let installerName = "macOS Installer"

    private let identifiers: DiskIdentifiers

    init(_ identifiers: DiskIdentifiers) { self.identifiers = identifiers }

    /// Where the second partition begins, in bytes: aligned like the first.
    static func installerOffset(after recovery: AppleVolume) -> Int {
        let end = RecoveryBuilder.alignment + recovery.size
        return (end + RecoveryBuilder.alignment - 1) / RecoveryBuilder.alignment * RecoveryBuilder.alignment
    }

    /// - Parameter installer: the size of the second partition; nil for none.
    private func layout(recovery: AppleVolume, installer: Int?) -> DiskLayout {
        var partitions = [
            DiskLayout.Partition(
                start: RecoveryBuilder.alignment / DiskLayout.sector, sectors: recovery.size / DiskLayout.sector,
                type: recovery.kind.partitionType, uuid: identifiers.guid("recovery"), name: Self.recoveryName)
        ]
        if let installer {
            partitions.append(
                DiskLayout.Partition(
                    start: Self.installerOffset(after: recovery) / DiskLayout.sector, sectors: installer / DiskLayout.sector,
                    type: AppleVolume.Kind.hfsPlus.partitionType, uuid: identifiers.guid("installer"), name: Self.installerName))
        }
        return DiskLayout(.gpt(identifiers.guid("disk")), partitions)
    }

    /// Makes the file, as long as the disk and without content.
    /// - Throws: `cantCreate`.
    func create(_ path: FilePath, recovery: AppleVolume, installer: Int?) throws(OperationError) -> FileSink {
        do throws(FormatError) {
            let size = layout(recovery: recovery, installer: installer).diskSectors * DiskLayout.sector
            return try FileSink(opening: path, size: size, options: [.create, .exclusiveCreate])
        } catch {
            throw error.operationError("create", path.string)
        }
    }

    /// - Throws: `software`.
    func writeTable(_ path: FilePath, recovery: AppleVolume, installer: Int?) async throws(OperationError) {
        try await layout(recovery: recovery, installer: installer).write(to: path)
    }

    /// Reads the version from the finished disk.
    /// - Throws: `dataError` when it is another one than was written.
    static func check(_ path: FilePath, recovery: AppleVolume, is expected: MacOSIdentity) throws(OperationError) {
        let disk = try RecoveryBuilder.open(path)
        let volume: AppleVolume
        do throws(FormatError) {
            volume = try AppleVolume(on: disk)
        } catch {
            throw error.operationError("check", path.string)
        }
        guard volume.size == recovery.size, volume.offset == RecoveryBuilder.alignment else {
            throw OperationError("check", path.string, cause: "its first partition is not where it was written", exit: .software)
        }
        let found = try RecoveryImage.identity(of: disk, volume, name: "the finished disk")
        try found.require(.build(expected.version, expected.build), in: "the finished disk")
    }
}
