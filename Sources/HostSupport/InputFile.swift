package import Diagnostics
package import Foundation
import Glibc
package import SystemPackage

/// Files from elsewhere: opened once, regular files only, and never longer than a limit.
///
/// A symbolic link is followed: what counts is the file that it leads to.
package enum InputFile {
    /// Bytes; several times the size of OpenCore.efi, the largest file that is read whole.
    package static let limit = 16 << 20

    /// The contents of a file.
    /// - Parameter limit: in bytes. A file system can claim any length.
    /// - Throws: `noInput` unless it is a readable regular file; `dataError` for one above the limit.
    package static func read(
        _ path: FilePath, limit: Int = InputFile.limit, remedy: String? = nil
    ) throws(OperationError) -> Data {
        let file = try open(path, remedy: remedy)
        defer { close(file) }
        let data = try bytes(file, path, count: limit + 1)
        guard data.count <= limit else {
            let size = limit < 1 << 20 ? "\(limit >> 10) KiB" : "\(limit >> 20) MiB"
            throw OperationError("read", path.string, cause: "it is larger than \(size)", remedy: remedy, exit: .dataError)
        }
        return data
    }

    /// The contents; nil for whatever `read` refuses.
    package static func contents(_ path: FilePath, limit: Int = InputFile.limit) -> Data? { try? read(path, limit: limit) }

    /// At most `count` bytes from the start.
    /// - Parameter allowsBlockDevice: whether it can be a disk.
    /// - Throws: `noInput`.
    package static func head(
        _ path: FilePath, count: Int, allowsBlockDevice: Bool = false, remedy: String? = nil
    ) throws(OperationError) -> Data {
        let file = try open(path, allowsBlockDevice: allowsBlockDevice, remedy: remedy)
        defer { close(file) }
        return try bytes(file, path, count: count)
    }

    /// The open file, for reading at any place; closed with the handle.
    /// - Throws: `noInput`.
    package static func handle(_ path: FilePath, allowsBlockDevice: Bool = false) throws(OperationError) -> FileHandle {
        FileHandle(fileDescriptor: try open(path, allowsBlockDevice: allowsBlockDevice, remedy: nil), closeOnDealloc: true)
    }

    /// An open descriptor, for a source of bytes that owns it: the caller closes it.
    /// - Throws: `noInput`.
    package static func descriptor(_ path: FilePath, allowsBlockDevice: Bool = false) throws(OperationError) -> CInt {
        try open(path, allowsBlockDevice: allowsBlockDevice, remedy: nil)
    }

    /// Writes the contents into a new file. The source's owner and mode do not matter, and do not change.
    /// - Throws: `noInput`, `cantCreate`.
    package static func copy(_ path: FilePath, to copy: FilePath, mode: Int = 0o644, remedy: String? = nil) throws(OperationError) {
        let source = try open(path, remedy: remedy)
        defer { close(source) }
        let target = Glibc.open(copy.string, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard target >= 0 else { throw DraftFile.failure("write", copy, Errno(rawValue: errno)) }
        defer { close(target) }
        guard fchmod(target, mode_t(truncatingIfNeeded: mode)) == 0 else {
            throw DraftFile.failure("change the mode of", copy, Errno(rawValue: errno))
        }
        while true {
            let chunk = try bytes(source, path, count: 1 << 20)
            if chunk.isEmpty { return }
            do {
                _ = try FileDescriptor(rawValue: target).writeAll(chunk)
            } catch {
                throw DraftFile.failure("write", copy, error as? Errno ?? .ioError)
            }
        }
    }

    /// A descriptor of a regular file.
    /// - Throws: `noInput`, which names what it is instead.
    private static func open(_ path: FilePath, allowsBlockDevice: Bool = false, remedy: String?) throws(OperationError) -> CInt {
        // O_NONBLOCK: opening a FIFO could block forever.
        let file = Glibc.open(path.string, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC)
        guard file >= 0 else {
            let error = Errno(rawValue: errno)
            let cause =
                switch error {
                case .noSuchFileOrDirectory: "there is no such file"
                case .noSuchAddressOrDevice: "it is a socket or a device"
                default: error.description
                }
            throw OperationError("read", path.string, cause: cause, remedy: remedy, exit: .noInput)
        }
        var status = stat()
        guard fstat(file, &status) == 0, let kind = FileKind(status.st_mode), kind != .regular else { return file }
        if allowsBlockDevice && kind == .block { return file }
        close(file)
        throw OperationError("read", path.string, cause: "it is \(kind.rawValue)", remedy: remedy ?? "name a regular file", exit: .noInput)
    }

    private static func bytes(_ file: CInt, _ path: FilePath, count: Int) throws(OperationError) -> Data {
        do {
            return try FileHandle(fileDescriptor: file, closeOnDealloc: false).read(upToCount: count) ?? Data()
        } catch {
            throw OperationError("read", path.string, cause: error.localizedDescription, exit: .noInput)
        }
    }
}

/// What stat(2) says that a name is.
enum FileKind: String {
    case regular = "a regular file"
    case directory = "a directory"
    case link = "a symbolic link"
    case fifo = "a FIFO"
    case socket = "a socket"
    case block = "a block device"
    case character = "a character device"

    /// - Parameter mode: st_mode. nil for a type that Linux does not have.
    init?(_ mode: mode_t) {
        switch mode & S_IFMT {
        case S_IFREG: self = .regular
        case S_IFDIR: self = .directory
        case S_IFLNK: self = .link
        case S_IFIFO: self = .fifo
        case S_IFSOCK: self = .socket
        case S_IFBLK: self = .block
        case S_IFCHR: self = .character
        default: return nil
        }
    }
}

extension FilePath {
    /// A path relative to this process's directory as an absolute one: tools run in other directories.
    package init(absolute path: String) {
        self =
            path.hasPrefix("/") ? FilePath(path) : FilePath(FileManager.default.currentDirectoryPath).appending(FilePath(path).components)
    }
}

/// SHA-256 sums of files, by coreutils.
package enum Digest {
    private static let tool = Tool("sha256sum", from: "coreutils")

    /// 64 lower-case hexadecimal digits.
    /// - Throws: `software` when the file cannot be read.
    package static func sha256(_ path: FilePath) async throws(OperationError) -> String {
        let line = try await tool.run(["--binary", "--", path.string])
        guard let sum = line.split(separator: " ").first?.drop(while: { $0 == "\\" }), sum.count == 64 else {
            throw OperationError("checksum", path.string, cause: "sha256sum printed \(line.printable)", exit: .software)
        }
        return String(sum)
    }
}
