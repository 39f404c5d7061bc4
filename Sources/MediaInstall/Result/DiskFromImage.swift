import AppleInstaller
import AppleMedia
package import Diagnostics
import DiskFormats
import DiskImage
import Foundation
package import HostSupport
package import SystemPackage

/// A raw disk from a disk image that the user has: one of a whole disk, or of a single volume, which gets a partition table.
package struct DiskFromImage: Sendable {
    private let image: FilePath
    private let output: FilePath
    private let progress: StepProgress

    package static let steps = 2
    /// Where the volume begins, in bytes.
    private static let start = 1 << 20

    package init(image: FilePath, output: FilePath, progress: StepProgress) {
        (self.image, self.output, self.progress) = (image, output, progress)
    }

    /// - Returns: what was made, for people.
    /// - Throws: `dataError` for an image without a volume of macOS, or whose checksums differ; `cantCreate`, `interrupted`.
    package func make() async throws(OperationError) -> String {
        try Destination.check(output)
        try ImageLock.check(output)
        let source = try FileSource.input(image)
        let disk: any ByteSource
        let volume: AppleVolume
        do throws(FormatError) {
            disk = UDIFImage.recognizes(source) ? try UDIFImage(source) : source
            volume = try AppleVolume(on: disk)
        } catch {
            throw error.operationError("convert", image.string)
        }
        // Of a volume alone: it begins where the disk does.
        let isVolume = volume.offset == 0
        let layout = isVolume ? try layout(volume, disk) : nil
        let size = layout.map { $0.diskSectors * DiskLayout.sector } ?? disk.size
        try await Draft.with(in: Destination.directory(of: output)) { (draft) throws(OperationError) in
            let path = draft.path("disk")
            try await progress.step("decode \(disk.size / 1_000_000) MB") { () throws(OperationError) in
                try await write(disk, to: path, size: size, at: isVolume ? Self.start : 0)
                try await layout?.write(to: path)
            }
            try await progress.step("move it into place") { () throws(OperationError) in try draft.publish("disk", as: output) }
        }
        return "a disk with \(isVolume ? "the volume in a partition" : "the partitions of the image"), \(volume.kind.rawValue)"
    }

    private func write(_ disk: any ByteSource, to path: FilePath, size: Int, at offset: Int) async throws(OperationError) {
        do throws(FormatError) {
            let sink = SinkRange(of: try FileSink(opening: path, size: size, options: [.create, .exclusiveCreate]), from: offset)
            guard let image = disk as? UDIFImage else { return try sink.copy(disk, from: 0, count: disk.size, at: 0) }
            let total = image.size / 1_000_000
            _ = try await UDIFDecoder(image, workers: ProcessInfo.processInfo.activeProcessorCount).decodeVerified(to: sink) {
                progress.note("\($0 / 1_000_000) of \(total) MB")
            }
        } catch {
            throw error.operationError("convert", image.string)
        }
    }

    /// The same image makes the same bytes.
    private func layout(_ volume: AppleVolume, _ disk: any ByteSource) throws(OperationError) -> DiskLayout {
        let head: [UInt8]
        do throws(FormatError) {
            head = try disk.head(1 << 16)
        } catch {
            throw error.operationError("read", image.string)
        }
        let identifiers = DiskIdentifiers(ImageManifest.digest(head))
        return DiskLayout(
            .gpt(identifiers.guid("disk")),
            [
                DiskLayout.Partition(
                    start: Self.start / DiskLayout.sector, sectors: (disk.size + DiskLayout.sector - 1) / DiskLayout.sector,
                    type: volume.kind.partitionType, uuid: identifiers.guid("volume"), name: "macOS")
            ])
    }
}
