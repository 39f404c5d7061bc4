package import Diagnostics
import DiskImage
import Foundation
import HostSupport
package import SystemPackage

/// Reads an OpenCore image back: this project's or another's.
package enum ImageInspector {
    /// - Throws: `noInput`, `dataError` when it is not an OpenCore disk.
    package static func inspect(_ image: FilePath) async throws(OperationError) -> ImageSummary {
        try await Draft.with(in: FilePath(FileManager.default.temporaryDirectory.path)) { (draft) throws(OperationError) in
            let raw = try await raw(image, draft)
            let tree = draft.path("tree")
            try Draft.makeDirectory(tree)
            return try ImageSummary(tree: tree, label: try await label(raw, of: image, into: tree), image: image)
        }
    }

    /// The label of the partition table, with the files unpacked.
    private static func label(_ raw: FilePath, of image: FilePath, into tree: FilePath) async throws(OperationError) -> String {
        do {
            return try await unpack(raw, into: tree)
        } catch {
            // Of the image that was given, and not of a copy that is gone.
            throw OperationError(
                error.operation, image.string, cause: error.cause.replacingOccurrences(of: raw.string, with: image.string),
                remedy: error.remedy, exit: error.exit)
        }
    }

    private static func unpack(_ raw: FilePath, into tree: FilePath) async throws(OperationError) -> String {
        let listing = try await PartitionListing(of: raw)
        guard let partition = listing.partitions.first else {
            throw OperationError("read", raw.string, cause: "it has no partition", exit: .dataError)
        }
        try await FATVolume.unpack(raw, offset: partition.offset, into: tree)
        return listing.label
    }

    /// The image itself, or a raw copy of a qcow2 that is whole by itself: one that names other files could name any of this machine's.
    private static func raw(_ image: FilePath, _ draft: Draft) async throws(OperationError) -> FilePath {
        guard let header = try QCOW2Header(reading: image) else { return image }
        guard !header.hasBackingFile, !header.hasDataFile else {
            throw OperationError(
                "read", image.string, cause: "parts of it are in another file, its \(header.hasBackingFile ? "backing" : "data") file",
                remedy: "make it whole first, if it is yours: qemu-img convert -O qcow2 \(image) WHOLE", exit: .dataError)
        }
        do {
            try await Tool("qemu-img", from: "qemu-utils").run(
                ["convert", "-f", "qcow2", "-O", "raw", image.string, draft.path("raw").string])
        } catch  where error.exit == .software {
            throw OperationError("read", image.string, cause: error.cause, remedy: "it is a damaged qcow2", exit: .dataError)
        }
        return draft.path("raw")
    }
}
