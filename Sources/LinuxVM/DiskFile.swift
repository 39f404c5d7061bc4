import BootSettings
package import Diagnostics
import DiskFormats
import DiskImage
import Foundation
import HostSupport
package import QemuArgs
package import SystemPackage

/// A disk image, or a block device, and how QEMU reads it.
package struct DiskFile: Equatable, Sendable {
    /// Absolute: QEMU takes `word:` at the start of a relative name for a protocol.
    package var path: FilePath
    package var format: DriveFormat

    package init(path: FilePath, format: DriveFormat) { (self.path, self.format) = (path, format) }

    /// Detects the format from the first bytes. If QEMU probed it, QEMU would not let the guest write the first sector.
    /// - Parameters:
    ///   - what: what the image is for, as the message names it.
    ///   - isDisk: refuse archives and formats of disk images that QEMU would take for raw.
    /// - Throws: `noInput` when it does not exist, cannot be read or is empty; `dataError` for another format and for a qcow2 that needs
    ///   other files.
    package init(_ what: String, at path: FilePath, isDisk: Bool = true, remedy: String) throws(OperationError) {
        let absolute = Self.absolute(path)
        let head: Data
        do {
            head = try InputFile.head(absolute, count: ImageContent.headSize, allowsBlockDevice: true, remedy: remedy)
        } catch {
            throw OperationError("open \(what)", path.string, cause: error.cause, remedy: error.remedy, exit: error.exit)
        }
        guard !head.isEmpty else { throw OperationError("open \(what)", path.string, cause: "it is empty", remedy: remedy, exit: .noInput) }
        guard isDisk else {
            self.init(path: absolute, format: .raw)
            return
        }
        let content = ImageContent(Array(head))
        if let objection = content.objection {
            throw OperationError("open \(what)", path.string, cause: objection.cause, remedy: objection.remedy, exit: .dataError)
        }
        self.init(path: absolute, format: content.name == "qcow2" ? .qcow2 : .raw)
    }

    /// - Parameter minimum: bytes.
    /// - Throws: `noInput` for a smaller disk.
    package func check(atLeast minimum: Int, _ what: String, remedy: String) throws(OperationError) {
        let size = try size
        guard size < minimum else { return }
        throw OperationError(
            "use \(what)", path.string,
            cause: "it has \(ByteSize.render(size)), and `boot` refuses disks smaller than disk.minimum, \(ByteSize.render(minimum))",
            remedy: remedy, exit: .noInput)
    }

    /// Bytes of the disk, as the guest sees it.
    private var size: Int {
        get throws(OperationError) {
            if let header = try QCOW2Header(reading: path) { return header.size }
            let file = try InputFile.handle(path, allowsBlockDevice: true)
            // A block device has no size in stat(2).
            return (try? file.seekToEnd()).map { Int(clamping: $0) } ?? .max
        }
    }

    /// Below the working directory when it is relative.
    package static func absolute(_ path: FilePath) -> FilePath {
        guard path.isRelative else { return path }
        return FilePath(FileManager.default.currentDirectoryPath).pushing(path).lexicallyNormalized()
    }
}
