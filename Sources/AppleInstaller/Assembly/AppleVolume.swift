import AppleMedia
package import DiskFormats

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

    private static func kind(_ container: MediaContainer?) -> Kind? {
        switch container {
        case .volume: .hfsPlus
        case .apfs: .apfs
        case .image, .package, .zip, .disk, .payload, nil: nil
        }
    }
}
