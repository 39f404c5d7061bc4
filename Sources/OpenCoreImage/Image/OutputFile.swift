import Diagnostics
import Foundation
import HostSupport
import SystemPackage

/// Files that the image is made from, written into a draft.
enum OutputFile {
    /// - Throws: `cantCreate`.
    static func write(_ data: Data, to path: FilePath) throws(OperationError) {
        do {
            try data.write(to: URL(filePath: path.string))
        } catch {
            throw failure("write", path, error)
        }
    }

    /// Copies a file or a directory with all that is in it.
    /// - Throws: `cantCreate`.
    static func copy(_ source: FilePath, to path: FilePath) throws(OperationError) {
        do {
            try FileManager.default.copyItem(atPath: source.string, toPath: path.string)
        } catch {
            throw failure("copy \(source) to", path, error)
        }
    }

    private static func failure(_ operation: String, _ path: FilePath, _ error: any Error) -> OperationError {
        OperationError(
            operation, path.string, cause: error.localizedDescription,
            remedy: "look at the free space and the permissions of its directory",
            exit: .cantCreate)
    }
}
