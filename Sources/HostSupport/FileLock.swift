package import Diagnostics
import Glibc
package import SystemPackage

/// A file that one process at a time works on: flock(1).
package enum FileLock {
    /// Runs `body` while nobody else has the file, which is made when it is not there.
    ///
    /// It may be replaced by a rename meanwhile: what is locked in the end is the file that has the name then.
    /// - Parameters:
    ///   - path: in a directory that is there.
    ///   - waiting: called again and again while somebody else has it.
    /// - Throws: `cantCreate`, `interrupted`; what `body` throws.
    package static func holding<R>(
        _ path: FilePath, waiting: () -> Void = {}, _ body: () async throws(OperationError) -> R
    ) async throws(OperationError) -> R {
        while true {
            let descriptor = open(path.string, O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
            guard descriptor >= 0 else { throw failure("open", path) }
            defer { close(descriptor) }
            if try lock(descriptor, path), isNamed(path, descriptor) { return try await body() }
            waiting()
            do {
                try await Task.sleep(for: .milliseconds(100))
            } catch {
                throw OperationError("", "", cause: "interrupted", exit: .interrupted)
            }
        }
    }

    /// Whether it is locked now, and not somebody else's.
    private static func lock(_ descriptor: CInt, _ path: FilePath) throws(OperationError) -> Bool {
        if flock(descriptor, LOCK_EX | LOCK_NB) == 0 { return true }
        guard errno == EWOULDBLOCK else { throw failure("lock", path) }
        return false
    }

    private static func isNamed(_ path: FilePath, _ descriptor: CInt) -> Bool {
        var (own, named) = (stat(), stat())
        return fstat(descriptor, &own) == 0 && stat(path.string, &named) == 0 && own.st_ino == named.st_ino && own.st_dev == named.st_dev
    }

    private static func failure(_ operation: String, _ path: FilePath) -> OperationError {
        OperationError(operation, path.string, cause: Errno(rawValue: errno).description, exit: .cantCreate)
    }
}
