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
            let listing = try await PartitionListing(of: raw)
            guard let partition = listing.partitions.first else {
                throw HostError("read", image.string, cause: "it has no partition", exit: .data)
            }
            let tree = draft.path("tree")
            try Draft.makeDirectory(tree)
            try await FATVolume.unpack(raw, offset: partition.offset, into: tree)
            return try ImageSummary(tree: tree, label: listing.label, image: image)
        }
    }

    /// The image itself, or a raw copy of another format.
    private static func raw(_ image: FilePath, _ draft: Draft) async throws(HostError) -> FilePath {
        guard let file = FileHandle(forReadingAtPath: image.string) else {
            throw HostError("read", image.string, cause: "there is no such file, or it may not be read", exit: .noInput)
        }
        defer { try? file.close() }
        // QCOW2's first bytes: docs/interop/qcow2.txt of QEMU.
        guard let head = try? file.read(upToCount: 4), head == Data([0x51, 0x46, 0x49, 0xfb]) else { return image }
        try await Tool("qemu-img", from: "qemu-utils").run(
            ["convert", "-f", "qcow2", "-O", "raw", image.string, draft.path("raw").string])
        return draft.path("raw")
    }
}
