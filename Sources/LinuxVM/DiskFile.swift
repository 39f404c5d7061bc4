package import Diagnostics
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

    /// Finds out the format by the first bytes: QEMU would probe it too, and then refuse to let the guest write the first sector.
    /// - Parameter what: what the image is for, as the message names it.
    /// - Throws: `noInput` when it is not there, cannot be read or is empty.
    package init(_ what: String, at path: FilePath, remedy: String) throws(OperationError) {
        let absolute = Self.absolute(path)
        var isDirectory: ObjCBool = false
        guard FileManager.default.fileExists(atPath: absolute.string, isDirectory: &isDirectory), !isDirectory.boolValue else {
            let cause = isDirectory.boolValue ? "it is a directory" : "there is no such file"
            throw OperationError("open \(what)", path.string, cause: cause, remedy: remedy, exit: .noInput)
        }
        let head: Data
        do {
            let file = try FileHandle(forReadingFrom: URL(filePath: absolute.string))
            defer { try? file.close() }
            head = try file.read(upToCount: 4) ?? Data()
        } catch {
            throw OperationError(
                "open \(what)", path.string, cause: error.localizedDescription,
                remedy: "look at the permissions of the file and of its directories", exit: .noInput)
        }
        guard !head.isEmpty else { throw OperationError("open \(what)", path.string, cause: "it is empty", remedy: remedy, exit: .noInput) }
        // docs/interop/qcow2.txt of QEMU: the magic number.
        self.init(path: absolute, format: head.elementsEqual([0x51, 0x46, 0x49, 0xFB]) ? .qcow2 : .raw)
    }

    /// Below the working directory when it is relative.
    package static func absolute(_ path: FilePath) -> FilePath {
        guard path.isRelative else { return path }
        return FilePath(FileManager.default.currentDirectoryPath).pushing(path).lexicallyNormalized()
    }
}
