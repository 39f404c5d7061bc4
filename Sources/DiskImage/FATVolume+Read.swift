package import Diagnostics
import HostSupport
package import SystemPackage

extension FATVolume {
    /// Copies what is on a FAT file system inside an image into a new directory: mcopy -s
    /// - Parameter offset: in bytes.
    /// - Throws: `dataError` when there is no FAT.
    package static func unpack(_ image: FilePath, offset: Int, into directory: FilePath) async throws(OperationError) {
        do {
            try await Tool("mcopy", from: "mtools").run(
                ["-s", "-n", "-i", "\(image.string)@@\(offset)", "::*", directory.string],
                environment: ["MTOOLS_SKIP_CHECK": "1", "MTOOLSRC": "/dev/null"])
        } catch  where error.exit == .software {
            throw OperationError("read", image.string, cause: error.cause, remedy: "its partition is not FAT", exit: .dataError)
        }
    }
}
