package import Diagnostics
import DiskFormats
import DiskImage
import Foundation
import HostSupport
package import SystemPackage

/// Reads an OpenCore disk: this project's or another's.
package enum ImageInspector {
    /// Bytes of the disk in a qcow2, which is converted to a temporary file: ten times what OpenCore needs.
    private static let sizeLimit = 4 << 30

    /// - Throws: `noInput`; `dataError` when it is not an OpenCore disk; `cantCreate` when the temporary directory is full.
    package static func inspect(_ image: FilePath) async throws(OperationError) -> ImageSummary {
        guard let header = try QCOW2Header(reading: image) else { return try summary(image, of: image) }
        try check(header, image)
        return try await Draft.with(in: FilePath(FileManager.default.temporaryDirectory.path)) { (draft) throws(OperationError) in
            do throws(OperationError) {
                try await ImageFormat.tool.run(["convert", "-f", "qcow2", "-O", "raw", image.string, draft.path("raw").string])
            } catch  where error.exit == .software {
                throw OperationError("read", image.string, cause: error.cause, remedy: "replace the image: it is damaged", exit: .dataError)
            }
            return try summary(draft.path("raw"), of: image)
        }
    }

    private static func summary(_ raw: FilePath, of image: FilePath) throws(OperationError) -> ImageSummary {
        do {
            return try ImageSummary(try EFIVolume(raw, containing: ImageSummary.core), image)
        } catch {
            // The message names the given image, not a copy that is gone.
            throw OperationError(
                error.operation, image.string, cause: error.cause.replacingOccurrences(of: raw.string, with: image.string),
                remedy: error.remedy, exit: error.exit)
        }
    }

    private static func check(_ header: QCOW2Header, _ image: FilePath) throws(OperationError) {
        try header.requireWhole(image)
        guard header.size <= sizeLimit else {
            throw OperationError(
                "read", image.string, cause: "its disk is larger than \(sizeLimit >> 30) GiB", remedy: "name an OpenCore disk",
                exit: .dataError)
        }
    }
}
