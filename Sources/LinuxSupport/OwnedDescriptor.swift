import Glibc
public import SystemPackage

/// The owner of one open file descriptor, and the only type that closes one.
///
/// Closed when it goes out of scope; `take()` gives the ownership away, for a descriptor that QEMU inherits.
public struct OwnedDescriptor: ~Copyable, Sendable {
    /// The descriptor, borrowed: valid as long as this value lives.
    public let descriptor: FileDescriptor

    public var rawValue: Int32 { descriptor.rawValue }

    /// Takes ownership of `rawValue`, which nobody else may close.
    public init(adopting rawValue: Int32) { descriptor = FileDescriptor(rawValue: rawValue) }

    /// Opens `path` with close-on-exec.
    ///
    /// The corresponding C function is `open`.
    public init(
        opening path: FilePath, _ mode: FileDescriptor.AccessMode, options: FileDescriptor.OpenOptions = [],
        permissions: FilePermissions? = nil
    ) throws(Errno) {
        do {
            descriptor = try FileDescriptor.open(path, mode, options: options.union(.closeOnExec), permissions: permissions)
        } catch let error as Errno {
            throw error
        } catch {
            throw .ioError
        }
    }

    /// Gives the descriptor away: the caller closes it, or lets it live until the process ends.
    public consuming func take() -> Int32 {
        let raw = descriptor.rawValue
        discard self
        return raw
    }

    /// Another descriptor of the same open file, close-on-exec.
    /// - Throws: the `Errno` of fcntl(2).
    package func duplicate() throws(Errno) -> OwnedDescriptor {
        let raw = fcntl(rawValue, F_DUPFD_CLOEXEC, 3)
        guard raw >= 0 else { throw Errno(rawValue: errno) }
        return OwnedDescriptor(adopting: raw)
    }

    /// Closes it before its scope ends.
    public consuming func close() {}

    deinit { try? descriptor.close() }
}
