package import Diagnostics
package import Foundation
import Glibc
package import SystemPackage

/// Files and directories inside a draft.
package enum DraftFile {
    static let makeRoom = "free some space, or choose another directory"

    /// Writes a new file.
    /// - Parameter mode: 0600 for secrets: nobody else can read the file at any moment.
    /// - Throws: `cantCreate`, also when the name exists.
    package static func write(_ data: Data, to path: FilePath, mode: Int = 0o644) throws(OperationError) {
        let file = open(path.string, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard file >= 0 else { throw failure("write", path, Errno(rawValue: errno)) }
        defer { close(file) }
        do {
            _ = try FileDescriptor(rawValue: file).writeAll(data)
        } catch {
            throw failure("write", path, error as? Errno ?? .ioError)
        }
        guard fchmod(file, mode_t(truncatingIfNeeded: mode)) == 0 else { throw failure("change the mode of", path, Errno(rawValue: errno)) }
    }

    /// Copies a directory: its directories and regular files.
    /// - Throws: `noInput`, `cantCreate`; `dataError` for a link, a FIFO, a socket or a device in it.
    package static func copyTree(_ source: FilePath, to path: FilePath) throws(OperationError) {
        try makeDirectory(path)
        let names: [String]
        do {
            names = try FileManager.default.contentsOfDirectory(atPath: source.string).sorted()
        } catch {
            throw OperationError("read", source.string, cause: error.localizedDescription, exit: .noInput)
        }
        for name in names {
            let (from, to) = (source.appending(name), path.appending(name))
            var status = stat()
            guard lstat(from.string, &status) == 0 else { throw failure("read", from, Errno(rawValue: errno)) }
            switch FileKind(status.st_mode) {
            case .directory: try copyTree(from, to: to)
            case .regular: try InputFile.copy(from, to: to)
            case let kind:
                throw OperationError(
                    "copy", from.string, cause: "it is \(kind?.rawValue ?? "no regular file"), which FAT cannot hold",
                    remedy: "use the files as their project releases them", exit: .dataError)
            }
        }
    }

    /// mkdir -p
    /// - Returns: the directories that did not exist, the outermost first.
    @discardableResult
    package static func makeDirectory(_ path: FilePath) throws(OperationError) -> [FilePath] {
        var status = stat()
        if stat(path.string, &status) == 0 {
            guard FileKind(status.st_mode) == .directory else { throw failure("create directory", path, .fileExists) }
            return []
        }
        let parent = Destination.directory(of: path)
        var made = parent == path || parent == "." ? [] : try makeDirectory(parent)
        if mkdir(path.string, 0o777) == 0 {
            made.append(path)
        } else if errno != EEXIST {
            let error = Errno(rawValue: errno)
            for directory in made.reversed() { rmdir(directory.string) }
            throw failure("create directory", path, error)
        }
        return made
    }

    static func failure(_ operation: String, _ path: FilePath, _ errno: Errno) -> OperationError {
        let remedy = errno == .noSpace ? makeRoom : errno == .permissionDenied ? "check the permissions of its directory" : nil
        return OperationError(operation, path.string, cause: errno.description, remedy: remedy, exit: .cantCreate)
    }
}
