import Diagnostics
import Foundation
import HostSupport
import SystemPackage

/// The root as a file system that is compressed and cannot be written: what QEMU and its libraries take in memory is page cache.
enum RootImage {
    /// Everywhere the same: the root is found by its partition.
    private static let uuid = "6d61636f-7376-8972-8000-746d616e6f73"

    /// EROFS, because it unpacks into the page cache without a buffer of its own; LZ4, because it is the quickest to unpack; clusters of
    /// 64 KiB, because small ones hardly shrink a program.
    static func write(_ root: DirectoryTree, to image: FilePath) async throws(OperationError) {
        try await Timestamps.reset(root)
        try await Tool("mkfs.erofs", from: "erofs-utils").run([
            "-zlz4hc,12", "-C65536", "-T\(Reproducible.epoch)", "-U\(uuid)", "--all-root", "-x-1", "--quiet", image.string,
            root.root.string,
        ])
        // As long as its partition, so that a checksum of the one is a checksum of the other.
        let mebibyte = 1 << 20
        let whole = (try size(image) + mebibyte - 1) / mebibyte * mebibyte
        try await Tool("truncate", from: "coreutils").run(["--size=\(whole)", image.string])
    }

    /// Bytes.
    static func size(_ image: FilePath) throws(OperationError) -> Int {
        do {
            return try FileManager.default.attributesOfItem(atPath: image.string)[.size] as? Int ?? 0
        } catch {
            throw OperationError("read", image.string, cause: error.localizedDescription, exit: .software)
        }
    }
}
