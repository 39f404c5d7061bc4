import Glibc
public import SystemPackage

/// The directory below which a reader looks for /proc, /sys, /dev and /etc.
///
/// `/` on the running machine; a saved copy of another machine's files in tests and in `boot plan --root`.
public struct FileRoot: Equatable, Sendable {
    public let path: FilePath

    public static let live = FileRoot("/")

    /// Whether this is the running machine, so that ioctls and netlink describe the same machine as the files.
    public let isLive: Bool

    public init(_ path: FilePath) {
        self.path = path
        isLive = path.string == "/"
    }

    /// `absolute` below this root. `absolute` starts with a slash.
    public func resolve(_ absolute: String) -> FilePath {
        // Most of the hundreds of files are read once: parsing their names would cost more than reading them.
        isLive ? FilePath(absolute) : path.appending(FilePath(absolute).components)
    }

    /// Calls `body` with `absolute` below this root, for a function of C.
    @inlinable
    public func withPath<Result>(_ absolute: String, _ body: (UnsafePointer<CChar>) -> Result) -> Result {
        isLive ? absolute.withCString(body) : resolve(absolute).withPlatformString(body)
    }

    /// Opens a file to read it, with close-on-exec.
    public func open(_ absolute: String) throws(Errno) -> OwnedDescriptor {
        let descriptor = withPath(absolute) { Glibc.open($0, O_RDONLY | O_CLOEXEC) }
        guard descriptor >= 0 else { throw Errno(rawValue: errno) }
        return OwnedDescriptor(adopting: descriptor)
    }

    /// The whole of a text file, invalid UTF-8 replaced.
    ///
    /// Reads until the end rather than trusting the size: files of /proc and /sys claim 0 or 4096 bytes.
    /// - Throws: the `Errno` of open(2) or read(2); `.fileTooLarge` past `limit` bytes.
    public func text(_ absolute: String, limit: Int = 16 << 20) throws(Errno) -> String {
        String(decoding: try bytes(absolute, limit: limit), as: UTF8.self)
    }

    /// As `text`, with surrounding blanks and newlines removed; nil when the file cannot be read.
    public func line(_ absolute: String) -> String? {
        guard let text = try? text(absolute) else { return nil }
        return text.trimmed
    }

    /// The file's first line as a decimal number, or nil.
    public func integer(_ absolute: String) -> Int? { line(absolute).flatMap { Int($0) } }

    /// The first bytes of a file, up to its end or `limit`.
    public func prefix(_ absolute: String, bytes count: Int) throws(Errno) -> [UInt8] {
        let file = try open(absolute)
        return try Self.read(file.descriptor, from: 0, count: count)
    }

    /// A file for several reads, each as `prefix` reads.
    package func file(_ absolute: String) throws(Errno) -> OpenedFile { OpenedFile(file: try open(absolute)) }

    private func bytes(_ absolute: String, limit: Int) throws(Errno) -> [UInt8] {
        let file = try open(absolute)
        let bytes = try Self.read(file.descriptor, from: nil, count: limit + 1)
        if bytes.count > limit { throw .fileTooLarge }
        return bytes
    }

    static func read(_ descriptor: FileDescriptor, from offset: Int64?, count: Int) throws(Errno) -> [UInt8] {
        var result: [UInt8] = []
        do {
            // Not an array: filling it with zeros would touch 64 KiB for a line of text.
            try withUnsafeTemporaryAllocation(byteCount: min(count, 1 << 16), alignment: 1) { buffer in
                while result.count < count {
                    let slice = UnsafeMutableRawBufferPointer(rebasing: buffer[..<min(buffer.count, count - result.count)])
                    let got =
                        if let offset {
                            try descriptor.read(fromAbsoluteOffset: offset + Int64(result.count), into: slice)
                        } else {
                            try descriptor.read(into: slice)
                        }
                    if got == 0 { break }
                    result += slice[..<got]
                }
            }
        } catch let error as Errno {
            throw error
        } catch {
            throw .ioError
        }
        return result
    }

    /// Whether a file or directory is there, symbolic links followed.
    public func exists(_ absolute: String) -> Bool { withPath(absolute) { access($0, F_OK) == 0 } }

    /// The names in a directory, sorted, without `.` and `..`; empty when it cannot be read.
    public func list(_ absolute: String) -> [String] {
        guard let directory = withPath(absolute, { opendir($0) }) else { return [] }
        defer { closedir(directory) }
        var names: [String] = []
        while let entry = readdir(directory) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != "." && name != ".." { names.append(name) }
        }
        return names.sorted()
    }

    /// Where a symbolic link points, as written in it; nil when it is none.
    public func link(_ absolute: String) -> String? {
        withPath(absolute) { path in
            withUnsafeTemporaryAllocation(of: CChar.self, capacity: 4096) { buffer in
                guard let base = buffer.baseAddress else { return nil }
                let count = readlink(path, base, buffer.count)
                guard count > 0 else { return nil }
                return String(decoding: buffer[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self)
            }
        }
    }
}

/// A file that is open for reading, closed with the last reference to it.
package final class OpenedFile: Sendable {
    private let file: OwnedDescriptor

    fileprivate init(file: consuming OwnedDescriptor) { self.file = file }

    /// Up to `count` bytes from `offset` on; fewer at the end.
    package func read(at offset: Int64, count: Int) throws(Errno) -> [UInt8] {
        try FileRoot.read(file.descriptor, from: offset, count: count)
    }
}
