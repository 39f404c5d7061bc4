import DiskImage
import Foundation
public import HostSupport
public import SystemPackage

/// Reads an OpenCore image back: this project's or another's.
public enum ImageInspector {
    /// - Throws: `noInput`, `data` when it is not an OpenCore disk.
    public static func inspect(_ image: FilePath) async throws(HostError) -> ImageSummary {
        try await Draft.with(in: FilePath(FileManager.default.temporaryDirectory.path)) { (draft) throws(HostError) in
            let raw = try await raw(image, draft)
            let tree = draft.path("tree")
            try Draft.makeDirectory(tree)
            return try ImageSummary(tree: tree, label: try await label(raw, of: image, into: tree), image: image)
        }
    }

    /// The label of the partition table, with the files unpacked.
    private static func label(_ raw: FilePath, of image: FilePath, into tree: FilePath) async throws(HostError) -> String {
        do {
            return try await unpack(raw, into: tree)
        } catch {
            // Of the image that was given, and not of a copy that is gone.
            throw HostError(
                error.operation, image.string, cause: error.cause.replacingOccurrences(of: raw.string, with: image.string),
                remedy: error.remedy, exit: error.exit)
        }
    }

    private static func unpack(_ raw: FilePath, into tree: FilePath) async throws(HostError) -> String {
        let listing = try await PartitionListing(of: raw)
        guard let partition = listing.partitions.first else {
            throw HostError("read", raw.string, cause: "it has no partition", exit: .data)
        }
        try await FATVolume.unpack(raw, offset: partition.offset, into: tree)
        return listing.label
    }

    /// The image itself, or a raw copy of a qcow2 that is whole by itself: one that names other files could name any of this machine's.
    private static func raw(_ image: FilePath, _ draft: Draft) async throws(HostError) -> FilePath {
        guard let header = try QCOW2Header(reading: image) else { return image }
        guard !header.hasBackingFile, !header.hasDataFile else {
            throw HostError(
                "read", image.string, cause: "parts of it are in another file, its \(header.hasBackingFile ? "backing" : "data") file",
                remedy: "make it whole first, if it is yours: qemu-img convert -O qcow2 \(image) WHOLE", exit: .data)
        }
        do {
            try await Tool("qemu-img", from: "qemu-utils").run(
                ["convert", "-f", "qcow2", "-O", "raw", image.string, draft.path("raw").string])
        } catch  where error.exit == .software {
            throw HostError("read", image.string, cause: error.cause, remedy: "it is a damaged qcow2", exit: .data)
        }
        return draft.path("raw")
    }
}
