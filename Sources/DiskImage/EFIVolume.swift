package import Diagnostics
import DiskFormats
package import Foundation
import Glibc
import HostSupport
package import SystemPackage

/// The FAT volume of a raw disk image that firmware starts from, by the paths of its files.
package struct EFIVolume {
    /// "gpt" or "dos"; "none" for a volume without partitions.
    package let label: String
    private let volume: FATReader

    /// The first FAT volume that contains a file, or else the first one.
    /// - Parameter path: "EFI/OC/OpenCore.efi".
    /// - Throws: `noInput` unless the image can be read; `dataError` when it has no FAT volume.
    package init(_ image: FilePath, containing path: String) throws(OperationError) {
        let source = try Self.source(image)
        let (table, layout) = try Self.tables(source, image)
        if table?.scheme == PartitionTable.Scheme.none, let whole = FATReader(source, at: 0) {
            (label, volume) = ("none", whole)
            return
        }
        guard let layout else {
            throw OperationError(
                "read", image.string, cause: "it has no partition table", remedy: "name a partitioned disk image", exit: .dataError)
        }
        guard layout.extents.allSatisfy({ $0.offset != nil }) else {
            throw OperationError(
                "read", image.string, cause: "a partition begins beyond the end of any disk", remedy: "repair its partition table",
                exit: .dataError)
        }
        let volumes = layout.extents.compactMap { extent in extent.offset.flatMap { FATReader(source, at: $0) } }
        guard let found = volumes.first(where: { $0.find(path) != nil }) ?? volumes.first else {
            throw OperationError(
                "read", image.string, cause: layout.extents.isEmpty ? "it has no partition" : "none of its partitions is FAT",
                exit: .dataError)
        }
        // As sfdisk calls them.
        (label, volume) = (layout.scheme == .gpt ? "gpt" : "dos", found)
    }

    private static func tables(
        _ source: BlockSource, _ image: FilePath
    ) throws(OperationError) -> (PartitionTable?, PartitionLayout?) {
        do {
            return (try PartitionTableReader.table(of: source), try PartitionTableReader.layout(of: source))
        } catch {
            throw OperationError("read", image.string, cause: error.description, exit: .noInput)
        }
    }

    package func exists(_ path: String) -> Bool { volume.find(path) != nil }

    /// nil when there is no such file, it is damaged, or it is longer than the limit.
    package func contents(_ path: String, limit: Int = InputFile.limit) -> Data? {
        volume.find(path).flatMap { volume.contents($0, limit: limit) }.map { Data($0) }
    }

    private static func source(_ image: FilePath) throws(OperationError) -> BlockSource {
        let file = try InputFile.handle(image, allowsBlockDevice: true)
        let size: UInt64
        do {
            size = try file.seekToEnd()
        } catch {
            throw OperationError("read", image.string, cause: error.localizedDescription, exit: .noInput)
        }
        return BlockSource(size: Int(clamping: size), blockSize: 512) { (offset, count) throws(Errno) in
            var bytes = [UInt8](repeating: 0, count: max(count, 0))
            var done = 0
            while done < bytes.count {
                let read = bytes.withUnsafeMutableBytes { buffer in
                    buffer.baseAddress.map { pread(file.fileDescriptor, $0 + done, count - done, offset + done) } ?? 0
                }
                if read < 0 && errno == EINTR { continue }
                guard read >= 0 else { throw Errno(rawValue: errno) }
                if read == 0 { break }
                done += read
            }
            return Array(bytes[..<done])
        }
    }
}
