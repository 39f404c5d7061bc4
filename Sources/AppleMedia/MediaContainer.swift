package import APFS
package import DiskFormats
package import HFSPlus
import MediaCodecs
import SystemPackage

/// What a file is that has others in it: a disk image, a package, an archive, a disk, a volume.
package enum MediaContainer: Sendable {
    case image(UDIFImage)
    case package(XarArchive)
    case zip(ZipArchive)
    case volume(HFSPlusVolume)
    /// A disk with partitions.
    case disk([MediaPartition])
    /// A cpio archive as it is, or compressed by gzip or pbzx: the payload of a package.
    case payload(MediaPayload)
    /// One or more volumes that share a space.
    case apfs(APFSContainer)

    /// nil for a file that is none of these.
    ///
    /// A package that ends with a disk image is a package.
    /// - Throws: what reading throws, and `damaged` for one that is recognized but damaged.
    package static func open(_ source: any ByteSource) throws(FormatError) -> MediaContainer? {
        if XarArchive.recognizes(source) { return .package(try XarArchive(source)) }
        let head = try source.head(8)
        if UDIFImage.recognizes(source) || head.has("encrcdsa", at: 0) { return .image(try UDIFImage(source)) }
        if ZipArchive.recognizes(source) { return .zip(try ZipArchive(source)) }
        if let payload = MediaPayload(source, head) { return .payload(payload) }
        return try openDisk(source)
    }

    /// What a disk, or the disk of an image, is.
    package static func openDisk(_ source: any ByteSource) throws(FormatError) -> MediaContainer? {
        // Here, because a damaged image is a device with a read error to the readers of partition tables.
        _ = try source.head(4096)
        if HFSPlusVolume.recognizes(source) { return .volume(try HFSPlusVolume(source)) }
        if APFSContainer.recognizes(source) { return .apfs(try APFSContainer(source)) }
        let partitions = try MediaPartition.all(on: source)
        return partitions.isEmpty ? nil : .disk(partitions)
    }

    /// As users know it.
    package var name: String {
        switch self {
        case .image: "UDIF disk image"
        case .package: "xar archive"
        case .zip: "ZIP archive"
        case .volume(let volume): volume.isCaseSensitive ? "HFSX volume" : "HFS+ volume"
        case .disk: "partitioned disk"
        case .payload(let payload): payload.name
        case .apfs: "APFS container"
        }
    }

    /// The volumes of a disk image or a disk: those of the first partition that has any. Empty when there is none.
    package func volumes() throws(FormatError) -> [MediaVolume] {
        switch self {
        case .volume(let volume): return [.hfsPlus(volume)]
        case .apfs(let container): return container.volumes.map { .apfs($0) }
        case .image(let image): return try Self.openDisk(image)?.volumes() ?? []
        case .disk(let partitions):
            // HFS+ first: a disk that has both is an installer, whose recovery is APFS.
            for partition in partitions where HFSPlusVolume.recognizes(partition.content) {
                return [.hfsPlus(try HFSPlusVolume(partition.content))]
            }
            for partition in partitions where APFSContainer.recognizes(partition.content) {
                return try APFSContainer(partition.content).volumes.map { .apfs($0) }
            }
            return []
        case .package, .zip, .payload: return []
        }
    }
}

/// A partition of a disk.
package struct MediaPartition: Sendable {
    /// As the table names it; empty where it does not.
    package var name: String
    /// A GUID, the number of an MBR's type, or a name such as "Apple_HFS".
    package var type: String
    /// Bytes.
    package var offset: Int
    package var content: ByteRange

    /// The partitions of a GPT, an MBR or an Apple partition map that lie within the disk.
    static func all(on disk: any ByteSource) throws(FormatError) -> [MediaPartition] {
        let device = BlockSource(disk)
        let (layout, table): (PartitionLayout?, PartitionTable?)
        do throws(Errno) {
            layout = try PartitionTableReader.layout(of: device)
            table = try PartitionTableReader.table(of: device)
        } catch {
            throw .reading(error)
        }
        if let layout {
            return layout.extents.enumerated().compactMap { index, extent in
                guard let offset = extent.offset, let content = try? disk.range(offset, extent.size), extent.size > 0 else { return nil }
                let labels = table?.partitions.map(\.label) ?? []
                return MediaPartition(
                    name: index < labels.count ? labels[index] : "", type: extent.type, offset: offset, content: content)
            }
        }
        return try ApplePartitionMap.entries(disk)?.compactMap { entry in
            (try? disk.range(entry.offset, entry.size)).map {
                MediaPartition(name: entry.name, type: entry.type, offset: entry.offset, content: $0)
            }
        } ?? []
    }
}

/// A cpio archive that can only be read from its start.
package struct MediaPayload: Sendable {
    private enum Compression: Sendable { case none, gzip, pbzx }
    private let source: any ByteSource
    private let compression: Compression

    /// nil for what is neither cpio nor gzip nor pbzx.
    init?(_ source: any ByteSource, _ head: [UInt8]) {
        self.source = source
        if head.has("07070", at: 0) {
            compression = .none
        } else if head.starts(with: [0x1f, 0x8b]) {
            compression = .gzip
        } else if head.has("pbzx", at: 0) {
            compression = .pbzx
        } else {
            return nil
        }
    }

    var name: String {
        switch compression {
        case .none: "cpio archive"
        case .gzip: "cpio archive, gzip"
        case .pbzx: "cpio archive, pbzx"
        }
    }

    /// From its start on.
    package func reader() throws(FormatError) -> CpioReader {
        let stream = SourceStream(source)
        return switch compression {
        case .none: CpioReader(stream)
        case .gzip: CpioReader(DecodedStream(stream, try InflateDecoder(.gzip)))
        case .pbzx: CpioReader(try PbzxStream(stream))
        }
    }
}
