package import Diagnostics
import Foundation
import HostSupport
package import SystemPackage

/// A raw disk image: a file as long as the disk, with holes where nothing was written.
package struct RawImage: Equatable, Sendable {
    package let path: FilePath

    /// Makes an empty image.
    /// - Parameter size: bytes, a multiple of 512.
    /// - Throws: `cantCreate`.
    package init(creating path: FilePath, size: Int) throws(OperationError) {
        self.path = path
        try Self.attempt("create", path) {
            try Data().write(to: URL(filePath: path.string))
            let file = try FileHandle(forWritingTo: URL(filePath: path.string))
            try file.truncate(atOffset: UInt64(size))
            try file.close()
        }
    }

    /// - Throws: `cantCreate`.
    package func write(_ bytes: [UInt8], at offset: Int) throws(OperationError) {
        try Self.attempt("write", path) {
            let file = try FileHandle(forUpdating: URL(filePath: path.string))
            try file.seek(toOffset: UInt64(offset))
            try file.write(contentsOf: Data(bytes))
            try file.close()
        }
    }

    /// Copies a whole file into the image.
    /// - Throws: `noInput`, `cantCreate`.
    package func copy(_ source: FilePath, at offset: Int) throws(OperationError) {
        let bytes: Data
        do {
            bytes = try Data(contentsOf: URL(filePath: source.string), options: .mappedIfSafe)
        } catch {
            throw OperationError("read", source.string, cause: error.localizedDescription, exit: .noInput)
        }
        try Self.attempt("write", path) {
            let file = try FileHandle(forUpdating: URL(filePath: path.string))
            try file.seek(toOffset: UInt64(offset))
            try file.write(contentsOf: bytes)
            try file.close()
        }
    }

    private static func attempt(_ operation: String, _ path: FilePath, _ work: () throws -> Void) throws(OperationError) {
        do {
            try work()
        } catch {
            throw OperationError(
                operation, path.string, cause: error.localizedDescription,
                remedy: "check the free space and the permissions of its directory", exit: .cantCreate)
        }
    }
}
