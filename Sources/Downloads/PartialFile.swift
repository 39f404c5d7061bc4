import Diagnostics
import Glibc
import HostSupport
import SystemPackage

/// A place in a file that is being fetched: an open file whose position is where the next byte goes.
struct PartialFile: ~Copyable {
    let path: FilePath
    let descriptor: CInt

    /// Opens the file, which is created if it does not exist, and goes to `offset`.
    /// - Throws: `cantCreate`.
    init(_ path: FilePath, at offset: Int) throws(OperationError) {
        self.path = path
        descriptor = open(path.string, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw Self.failure("open", path) }
        guard lseek(descriptor, offset, SEEK_SET) == offset else {
            let error = Self.failure("seek in", path)
            close(descriptor)
            throw error
        }
    }

    deinit { close(descriptor) }

    /// Where the next byte goes.
    var position: Int { Self.position(descriptor) }

    static func position(_ descriptor: CInt) -> Int { max(lseek(descriptor, 0, SEEK_CUR), 0) }

    var size: Int {
        var status = stat()
        return fstat(descriptor, &status) == 0 ? status.st_size : 0
    }

    /// Cuts the file, or makes it longer by a hole.
    /// - Throws: `cantCreate`.
    func setSize(_ size: Int) throws(OperationError) {
        guard ftruncate(descriptor, size) == 0 else { throw Self.failure("write", path) }
    }

    /// Back to a place.
    func seek(to offset: Int) { lseek(descriptor, offset, SEEK_SET) }

    private static func failure(_ operation: String, _ path: FilePath) -> OperationError {
        OperationError(operation, path.string, cause: Errno(rawValue: errno).description, exit: .cantCreate)
    }
}
