package import Diagnostics
import Glibc
package import SystemPackage

/// A file that one process at a time works on: flock(1).
package enum FileLock {
    /// Runs `body` while no other process holds the file, which is created if it does not exist.
    ///
    /// A rename may replace the file meanwhile: the lock is taken again until the locked file is the one with this name.
    /// - Parameters:
    ///   - path: in an existing directory.
    ///   - waiting: called repeatedly while another process holds the file.
    /// - Throws: `cantCreate`, `interrupted`; what `body` throws.
    package static func holding<R>(
        _ path: FilePath, waiting: () -> Void = {}, _ body: () async throws(OperationError) -> R
    ) async throws(OperationError) -> R {
        try Destination.check(path)
        while true {
            let descriptor = open(path.string, O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0o644)
            guard descriptor >= 0 else { throw failure("open", path) }
            defer { close(descriptor) }
            if try lock(descriptor, path), isNamed(path, descriptor) { return try await body() }
            waiting()
            do {
                try await Task.sleep(for: .milliseconds(100))
            } catch {
                throw Interruption.failure
            }
        }
    }

    /// Whether this process holds the lock now.
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

/// Whether a running QEMU uses a disk image.
package enum ImageLock {
    /// F_OFD_GETLK of linux/fcntl.h, which glibc declares under _GNU_SOURCE only.
    private static let getOpenFileLock: Int32 = 36

    /// Does nothing if the file does not exist or no process holds it.
    ///
    /// QEMU marks its use of an image with open file description locks on single bytes (block/file-posix.c,
    /// RAW_LOCK_PERM_BASE 100 and RAW_LOCK_SHARED_BASE 200): a lock on any byte means that the image is in use.
    /// - Parameter operation: what is about to happen to the image, for the message.
    /// - Throws: `tempFail`.
    package static func check(_ path: FilePath, to operation: String = "replace") throws(OperationError) {
        let descriptor = open(path.string, O_RDWR | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { return }
        defer { close(descriptor) }
        var lock = flock()
        (lock.l_type, lock.l_whence) = (Int16(F_WRLCK), Int16(SEEK_SET))
        guard fcntl(descriptor, getOpenFileLock, &lock) == 0, lock.l_type != Int16(F_UNLCK) else { return }
        throw OperationError(
            operation, path.string, cause: "another program has locked it, as QEMU does with a disk in use",
            remedy: "shut down the virtual machine that uses it, or choose another \(operation == "replace" ? "name" : "image")",
            exit: .tempFail)
    }
}
