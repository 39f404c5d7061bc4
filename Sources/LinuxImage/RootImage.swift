import HostSupport
import SystemPackage

/// The root as a file system that is compressed and cannot be written: what QEMU and its libraries take in memory is page cache.
enum RootImage {
    /// Everywhere the same: the root is found by its partition.
    private static let uuid = "6d61636f-7376-8972-8000-746d616e6f73"

    /// EROFS rather than squashfs: it unpacks in place and needs a third of the processor time. LZ4, which every kernel since 5.4
    /// reads; clusters of 64 KiB (Linux 5.13) save a tenth.
    static func write(_ root: DirectoryTree, to image: FilePath) async throws(HostError) {
        try await Timestamps.reset(root)
        try await Tool("mkfs.erofs", from: "erofs-utils").run([
            "-zlz4hc,12", "-C65536", "-T\(Reproducible.epoch)", "-U\(uuid)", "--all-root", "-x-1", "--quiet", image.string,
            root.root.string,
        ])
    }
}
