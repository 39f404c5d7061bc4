import BootSettings
package import Diagnostics
import Glibc
import HostSupport
package import SystemPackage

/// An empty disk for macOS: a sparse raw image.
package enum NewDisk {
    /// What `boot` accepts and a disk can have; macOS itself needs about 30 GiB.
    private static let sizes = (32 << 20)...(64 << 40)

    /// - Parameter size: as --create gives it: 64G.
    /// - Throws: `usage` for a bad size; `cantCreate` when the file exists or cannot be made.
    package static func make(_ path: FilePath, size: String) throws(OperationError) {
        guard let bytes = ByteSize.parse(size), sizes.contains(bytes), bytes % 4096 == 0 else {
            throw OperationError(
                "create disk", path.string, cause: "\(size.printable) is not a size from 32M to 64T", remedy: "give one such as 64G",
                exit: .usage)
        }
        try Destination.check(path)
        let file = open(path.string, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o644)
        guard file >= 0 else {
            let error = Errno(rawValue: errno)
            throw failure(path, error, error == .fileExists ? "leave --create out to use it, or name another file" : nil)
        }
        defer { close(file) }
        guard ftruncate(file, off_t(bytes)) == 0 else {
            let error = Errno(rawValue: errno)
            unlink(path.string)
            throw failure(path, error, error == .fileTooLarge ? "use a file system that stores files of \(size)" : nil)
        }
    }

    private static func failure(_ path: FilePath, _ error: Errno, _ remedy: String?) -> OperationError {
        OperationError("create disk", path.string, cause: error.description, remedy: remedy, exit: .cantCreate)
    }
}
