package import Diagnostics
import DiskFormats
import DiskImage
import Foundation
import HostSupport
package import SystemPackage

/// A disk that starts OpenCore by UEFI and by BIOS.
package struct FirmwareImage: Sendable {
    package var scheme: PartitionScheme
    /// Code for a BIOS; nil for a disk that UEFI alone starts.
    package var legacyBoot: LegacyBoot?

    package init(scheme: PartitionScheme, legacyBoot: LegacyBoot?) { (self.scheme, self.legacyBoot) = (scheme, legacyBoot) }

    /// At least this, so that a configuration can grow by hand; FAT32 needs 32 MiB at a sector a cluster.
    private static let smallest = 64 << 20
    private static let mebibyte = 1 << 20

    /// Writes a raw disk with the files of a directory on it.
    /// - Parameter digest: SHA-256 of what makes this disk different from another.
    /// - Throws: `cantCreate`, `dataError` for boot code that is none, `software`.
    package func write(_ tree: FilePath, to path: FilePath, digest: String) async throws(OperationError) {
        let identifiers = ImageIdentifiers(digest: digest)
        let contents = try Self.size(of: tree)
        let sectors = Self.partitionSize(for: contents) / DiskLayout.sector
        // The file has holes: the files, both FATs (4 bytes a cluster) and a little more is what it takes.
        try FreeSpace.require(contents + sectors * 8 + Self.mebibyte, in: path.removingLastComponent())
        let image = try RawImage(creating: path, size: scheme.diskSize(sectors: sectors))
        try await scheme.table(sectors: sectors, identifiers).write(to: path)
        let volume = FATVolume(
            image: path, offset: PartitionScheme.start * DiskLayout.sector, sectors: sectors, bits: .fat32, label: "OPENCORE",
            serial: identifiers.volumeSerial)
        try await volume.format()
        try await volume.fill(from: tree)
        guard let legacyBoot else { return }
        try image.write(BootSectors.master(boot0: Self.sector(legacyBoot.boot0, at: 0)), at: 0)
        let boot1 = try Self.sector(legacyBoot.boot1, at: 0)
        let record = try BootSectors.partition(
            boot1: boot1, existing: Self.sector(path, at: volume.offset), identifier: identifiers.bootSignature)
        for copy in BootSectors.copies { try image.write(record, at: volume.offset + copy * DiskLayout.sector) }
    }

    /// In whole clusters of a sector, with as much for the entries of directories.
    private static func size(of tree: FilePath) throws(OperationError) -> Int {
        guard let paths = FileManager.default.enumerator(atPath: tree.string) else {
            throw OperationError("read", tree.string, cause: "it is not a directory", exit: .noInput)
        }
        var total = 0
        while paths.nextObject() != nil { total += ((paths.fileAttributes?[.size] as? Int) ?? 0) + 2 * DiskLayout.sector }
        return total
    }

    /// Bytes, in MiB: the files and as much again to spare.
    private static func partitionSize(for contents: Int) -> Int {
        max(smallest, (contents * 2 + mebibyte - 1) / mebibyte * mebibyte)
    }

    /// A file that is one sector long or longer: one of its sectors.
    private static func sector(_ path: FilePath, at offset: Int) throws(OperationError) -> [UInt8] {
        do {
            let file = try FileHandle(forReadingFrom: URL(filePath: path.string))
            defer { try? file.close() }
            try file.seek(toOffset: UInt64(offset))
            return Array(try file.read(upToCount: DiskLayout.sector) ?? Data())
        } catch {
            throw OperationError("read", path.string, cause: error.localizedDescription, exit: .noInput)
        }
    }
}
