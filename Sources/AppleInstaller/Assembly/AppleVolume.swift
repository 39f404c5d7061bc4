import APFS
import AppleMedia
package import DiskFormats
import HFSPlus

/// The volume of macOS on a disk: HFS+ or APFS, in a partition or over the whole disk.
package struct AppleVolume: Equatable, Sendable {
    package enum Kind: String, Sendable {
        case hfsPlus = "HFS+"
        case apfs = "APFS"

        /// Of a GPT partition with it: TN2166, and Apple's APFS Reference.
        package var partitionType: String {
            switch self {
            case .hfsPlus: "48465300-0000-11AA-AA11-00306543ECAC"
            case .apfs: "7C3457EF-0000-11AA-AA11-00306543ECAC"
            }
        }
    }

    package let kind: Kind
    /// Bytes from the start of the disk.
    package let offset: Int
    package let size: Int

    /// The first volume of macOS.
    /// - Throws: `unsupported` when there is none; `damaged`.
    package init(on disk: any ByteSource) throws(FormatError) {
        let container = try MediaContainer.openDisk(disk)
        if let kind = Self.kind(container) {
            (self.kind, offset, size) = (kind, 0, disk.size)
            return
        }
        if case .disk(let partitions) = container {
            for partition in partitions {
                guard let kind = Self.kind(try MediaContainer.openDisk(partition.content)) else { continue }
                (self.kind, offset, size) = (kind, partition.offset, partition.content.size)
                return
            }
        }
        throw .unsupported("it has no volume of macOS (HFS+ or APFS)")
    }

    /// The content of a file; of an APFS container's, on the first volume that has it.
    package func content(_ path: String, on disk: any ByteSource) throws(FormatError) -> any ByteSource {
        let content = try disk.range(offset, size)
        switch kind {
        case .hfsPlus: return try HFSPlusVolume(content).content(path)
        case .apfs:
            for volume in try APFSContainer(content).volumes where !volume.isEncrypted {
                if let entry = try volume.entry(path) { return try volume.content(of: entry) }
            }
            throw .notFound("there is no file \(path)")
        }
    }

    private static func kind(_ container: MediaContainer?) -> Kind? {
        switch container {
        case .volume: .hfsPlus
        case .apfs: .apfs
        case .image, .package, .zip, .disk, .payload, nil: nil
        }
    }
}
