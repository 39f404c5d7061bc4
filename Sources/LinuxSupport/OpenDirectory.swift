import Glibc
public import SystemPackage

/// A directory of which several files are read.
///
/// In sysfs, opening by name costs half as much as by the whole path, which leads through symbolic links: 4 instead of 8 microseconds.
public struct OpenDirectory: ~Copyable {
    private let directory: OwnedDescriptor

    /// - Throws: the `Errno` of open(2).
    public init(_ root: FileRoot, _ absolute: String) throws(Errno) { directory = try root.open(absolute) }

    /// Opens a file below it to read it, with close-on-exec.
    ///
    /// The corresponding C function is `openat`.
    public func open(_ name: String) throws(Errno) -> OwnedDescriptor {
        let descriptor = name.withCString { openat(directory.rawValue, $0, O_RDONLY | O_CLOEXEC) }
        guard descriptor >= 0 else { throw Errno(rawValue: errno) }
        return OwnedDescriptor(adopting: descriptor)
    }

    /// The first bytes of a file, up to its end or `count`.
    public func prefix(_ name: String, bytes count: Int) throws(Errno) -> [UInt8] {
        let file = try open(name)
        return try FileRoot.read(file.descriptor, from: 0, count: count)
    }

    /// Whether a file or directory is there, symbolic links followed.
    public func exists(_ name: String) -> Bool { name.withCString { faccessat(directory.rawValue, $0, F_OK, 0) == 0 } }
}
