package import Diagnostics
import DiskFormats
import DiskImage
import Foundation
import HostSupport
import LinuxSupport
package import SystemPackage

/// The OpenCore disk: one FAT32 partition, which UEFI and BIOS start.
package struct OpenCoreDisk: Sendable {
    package var scheme: PartitionScheme
    /// Code for BIOS; nil for a disk that starts from UEFI only.
    package var legacyBoot: LegacyBoot?

    package init(scheme: PartitionScheme, legacyBoot: LegacyBoot?) { (self.scheme, self.legacyBoot) = (scheme, legacyBoot) }

    /// Leaves room to add files by hand; FAT32 needs 32 MiB with clusters of one sector.
    private static let smallest = 64 << 20
    private static let mebibyte = 1 << 20

    /// What `write` runs.
    static let tools = [
        Tool("sfdisk", from: "fdisk"), Tool("mkfs.fat", from: "dosfstools"), Tool("mmd", from: "mtools"), Tool("mcopy", from: "mtools"),
    ]

    /// Writes a raw disk that contains the files of a directory.
    /// - Parameter digest: SHA-256 of what distinguishes this disk from others.
    /// - Throws: `cantCreate`, `dataError` for invalid boot code, `software`.
    package func write(_ tree: FilePath, to path: FilePath, digest: String) async throws(OperationError) {
        let identifiers = ImageIdentifiers(digest: digest)
        let contents = try Self.size(of: tree)
        let sectors = Self.partitionSize(for: contents) / DiskLayout.sector
        // The image is sparse: it takes the files, both FATs (4 bytes a cluster each) and a little more.
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

    /// In whole clusters of one sector, plus one for the directory entry of each.
    private static func size(of tree: FilePath) throws(OperationError) -> Int {
        guard let paths = FileManager.default.enumerator(atPath: tree.string) else {
            throw OperationError("read", tree.string, cause: "it is not a directory", exit: .noInput)
        }
        var total = 0
        while paths.nextObject() != nil { total += ((paths.fileAttributes?[.size] as? Int) ?? 0) + 2 * DiskLayout.sector }
        return total
    }

    /// Bytes, a multiple of 1 MiB: twice the size of the files.
    private static func partitionSize(for contents: Int) -> Int {
        max(smallest, (contents * 2 + mebibyte - 1) / mebibyte * mebibyte)
    }

    /// One sector of a file.
    private static func sector(_ path: FilePath, at offset: Int) throws(OperationError) -> [UInt8] {
        let end = offset + DiskLayout.sector
        return Array(try InputFile.head(path, count: end).dropFirst(offset))
    }
}

/// The kind of partition table.
package enum PartitionScheme: String, CaseIterable, Sendable {
    /// All firmware supports it.
    case mbr
    case gpt

    /// Where the partition begins, in sectors: at 1 MiB, as partitioning tools do it.
    static let start = 2048

    /// The table for one partition.
    func table(sectors: Int, _ identifiers: ImageIdentifiers) -> DiskLayout {
        switch self {
        case .mbr:
            // 0C is FAT32 with LBA. boot0 starts the active partition.
            DiskLayout(
                .mbr(identifiers.diskSignature), [.init(start: Self.start, sectors: sectors, type: "0c", active: true)])
        case .gpt:
            // Without an active partition in the MBR, boot0 looks for a FAT32 EFI system partition.
            DiskLayout(
                .gpt(identifiers.diskUUID),
                [
                    .init(
                        start: Self.start, sectors: sectors, type: DiskLayout.efiSystem, uuid: identifiers.partitionUUID,
                        name: "OpenCore")
                ])
        }
    }

    /// Bytes of a disk with a partition of this size.
    func diskSize(sectors: Int) -> Int {
        let end = Self.start + sectors
        // A whole MiB for the second copy of the GPT, so that the size stays a multiple of 1 MiB.
        return (self == .gpt ? end + Self.start : end) * DiskLayout.sector
    }
}

/// Identifiers of a disk, derived from a digest of its contents: the same contents give the same disk.
struct ImageIdentifiers: Equatable, Sendable {
    /// 32 bytes.
    private let bytes: [UInt8]

    /// - Parameter digest: SHA-256 in hexadecimal.
    init(digest: String) {
        let digits = digest.compactMap(\.hexDigitValue)
        bytes = (0..<32).map { index in
            2 * index + 1 < digits.count ? UInt8(truncatingIfNeeded: digits[2 * index] << 4 | digits[2 * index + 1]) : 0
        }
    }

    /// The disk signature of an MBR, which UEFI device paths contain. Not zero.
    var diskSignature: UInt32 { max(1, word(0)) }
    var volumeSerial: UInt32 { word(4) }
    var diskUUID: String { GUID(version8: bytes[0..<16]).uppercaseText }
    var partitionUUID: String { GUID(version8: bytes[16..<32]).uppercaseText }
    /// Not all zeros.
    var bootSignature: [UInt8] { [bytes[8] | 1] + bytes[9..<22] }

    private func word(_ start: Int) -> UInt32 { bytes[start..<start + 4].reduce(0) { $0 << 8 | UInt32($1) } }
}
