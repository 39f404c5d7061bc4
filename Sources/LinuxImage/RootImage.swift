import Diagnostics
import Foundation
import HostSupport
import SystemPackage

/// The root as a compressed read-only file system: QEMU and its libraries are in the page cache, and nowhere else in memory.
enum RootImage {
    /// Always the same: the root is found by its partition.
    private static let uuid = "6d61636f-7376-8972-8000-746d616e6f73"

    /// EROFS decompresses into the page cache without another buffer; LZ4 is the fastest to decompress; clusters smaller than 64 KiB
    /// hardly compress programs.
    static func write(_ root: DirectoryTree, to image: FilePath) async throws(OperationError) {
        try await root.resetTimestamps()
        try await Tool("mkfs.erofs", from: "erofs-utils").run([
            "-zlz4hc,12", "-C65536", "-T\(Reproducible.epoch)", "-U\(uuid)", "--all-root", "-x-1", "--quiet", image.string,
            root.root.string,
        ])
        // Its partition's size, so that both have the same checksum.
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
