public import HostSupport
public import SystemPackage

extension FATVolume {
    /// Copies what is on a FAT file system inside an image into a new directory: mcopy -s
    /// - Parameter offset: in bytes.
    /// - Throws: `data` when there is no FAT.
    public static func unpack(_ image: FilePath, offset: Int, into directory: FilePath) async throws(HostError) {
        do {
            try await Tool("mcopy", from: "mtools").run(
                ["-s", "-n", "-i", "\(image.string)@@\(offset)", "::*", directory.string],
                environment: ["MTOOLS_SKIP_CHECK": "1", "MTOOLSRC": "/dev/null"])
        } catch  where error.exit == .software {
            throw HostError("read", image.string, cause: error.cause, remedy: "its partition is not FAT", exit: .data)
        }
    }
}
