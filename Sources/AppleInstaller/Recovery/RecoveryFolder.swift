import Diagnostics
import DiskImage
import HostSupport
import SystemPackage

/// A disk with one FAT32 volume for OpenCore's folder com.apple.recovery.boot.
struct RecoveryFolder {
    private let identifiers: DiskIdentifiers
    private let sectors: Int
    private static let start = 2048
    /// "Basic data", the type of FAT volumes on a GPT.
    private static let type = "EBD0A0A2-B9E5-4433-87C0-68B6B72699C7"

    /// - Parameter sectors: of the volume, of 512 bytes each.
    init(_ identifiers: DiskIdentifiers, sectors: Int) { (self.identifiers, self.sectors) = (identifiers, sectors) }

    /// - Throws: `cantCreate`, `osFile`, `software`.
    func write(_ tree: FilePath, to image: FilePath) async throws(OperationError) -> InstallerManifest.Partition {
        try Tool.require([
            Tool("sfdisk", from: "fdisk"), Tool("mkfs.fat", from: "dosfstools"), Tool("mmd", from: "mtools"), Tool("mcopy", from: "mtools"),
        ])
        let layout = DiskLayout(
            .gpt(identifiers.guid("disk")),
            [.init(start: Self.start, sectors: sectors, type: Self.type, uuid: identifiers.guid("folder"), name: "RECOVERY")])
        _ = try RawImage(creating: image, size: layout.diskSectors * DiskLayout.sector)
        try await layout.write(to: image)
        let volume = FATVolume(
            image: image, offset: Self.start * DiskLayout.sector, sectors: sectors, bits: .fat32, label: "RECOVERY",
            serial: identifiers.volumeSerial)
        try await volume.format()
        try await volume.fill(from: tree)
        return InstallerManifest.Partition(
            name: "RECOVERY", fileSystem: "FAT32", offset: volume.offset, size: sectors * DiskLayout.sector,
            content: "com.apple.recovery.boot")
    }
}
