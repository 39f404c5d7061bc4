package import Diagnostics
import Glibc
package import SystemPackage

/// Whether a running QEMU holds an image.
package enum ImageLock {
    /// F_OFD_GETLK of linux/fcntl.h, which glibc shows to GNU sources only.
    private static let getOpenFileLock: Int32 = 36

    /// Nothing where there is no such file, or nobody holds it.
    ///
    /// QEMU announces what it does with an image by open file description locks on single bytes of it
    /// (block/file-posix.c, RAW_LOCK_PERM_BASE 100 and RAW_LOCK_SHARED_BASE 200): a lock on any byte is somebody's.
    /// - Parameter operation: what is about to happen to it, for the message.
    /// - Throws: `tempFail`.
    package static func check(_ path: FilePath, to operation: String = "replace") throws(OperationError) {
        let descriptor = open(path.string, O_RDWR | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { return }
        defer { close(descriptor) }
        var lock = flock()
        (lock.l_type, lock.l_whence) = (Int16(F_WRLCK), Int16(SEEK_SET))
        guard fcntl(descriptor, getOpenFileLock, &lock) == 0, lock.l_type != Int16(F_UNLCK) else { return }
        throw OperationError(
            operation, path.string, cause: "a running program holds it, as QEMU does with a disk",
            remedy: "end the virtual machine that uses it, or choose another \(operation == "replace" ? "name" : "image")", exit: .tempFail)
    }
}
