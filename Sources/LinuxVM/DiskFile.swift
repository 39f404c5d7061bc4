package import Diagnostics
import DiskImage
import Foundation
import HostSupport
package import SystemPackage

/// A disk image, or a block device, and how QEMU reads it.
package struct DiskFile: Equatable, Sendable {
    package enum Format: String, Codable, Sendable { case raw, qcow2 }

    /// Absolute: QEMU takes `word:` at the start of a relative name for a protocol.
    package var path: FilePath
    package var format: Format

    package init(path: FilePath, format: Format) { (self.path, self.format) = (path, format) }

    /// Detects the format from the first bytes. If QEMU probed it, QEMU would not let the guest write the first sector.
    /// - Parameter what: what the image is for, as the message names it.
    /// - Throws: `noInput` when it does not exist, cannot be read or is empty; `dataError` for a qcow2 that needs other files.
    package init(_ what: String, at path: FilePath, remedy: String) throws(OperationError) {
        let absolute = Self.absolute(path)
        let head: Data
        do {
            head = try InputFile.head(absolute, count: 4, allowsBlockDevice: true, remedy: remedy)
        } catch {
            throw OperationError("open \(what)", path.string, cause: error.cause, remedy: error.remedy, exit: error.exit)
        }
        guard !head.isEmpty else { throw OperationError("open \(what)", path.string, cause: "it is empty", remedy: remedy, exit: .noInput) }
        let header = try QCOW2Header(reading: absolute)
        try header?.requireWhole(path)
        self.init(path: absolute, format: header == nil ? .raw : .qcow2)
    }

    /// Below the working directory when it is relative.
    package static func absolute(_ path: FilePath) -> FilePath {
        guard path.isRelative else { return path }
        return FilePath(FileManager.default.currentDirectoryPath).pushing(path).lexicallyNormalized()
    }
}
