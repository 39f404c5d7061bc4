import Glibc
package import LinuxSupport
package import SystemPackage

/// An open file or block device as a source of bytes, closed with the last reference.
package final class FileSource: ByteSource {
    private let file: OwnedDescriptor
    package let size: Int

    /// - Throws: `reading` when the file cannot tell its size.
    package init(_ file: consuming OwnedDescriptor) throws(FormatError) {
        let end = lseek(file.rawValue, 0, SEEK_END)
        guard end >= 0 else { throw .reading(Errno(rawValue: errno)) }
        self.file = file
        size = end
    }

    /// - Throws: `reading`.
    package convenience init(opening path: FilePath) throws(FormatError) {
        let file: OwnedDescriptor
        do throws(Errno) {
            file = try OwnedDescriptor(opening: path, .readOnly)
        } catch {
            throw .reading(error)
        }
        try self.init(file)
    }

    /// Borrowed: valid as long as this source lives.
    package var descriptor: Int32 { file.rawValue }

    package func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int) throws(FormatError) {
        guard contains(offset, buffer.count) else {
            throw .damaged("bytes \(offset) to \(offset &+ buffer.count) are outside of its \(size) bytes")
        }
        var done = 0
        while done < buffer.count {
            let count = pread(file.rawValue, buffer.baseAddress?.advanced(by: done), buffer.count - done, offset + done)
            if count < 0 && errno == EINTR { continue }
            guard count >= 0 else { throw .reading(Errno(rawValue: errno)) }
            // Another process made the file shorter.
            guard count > 0 else { throw .damaged("the file ends at byte \(offset + done), earlier than it did when it was opened") }
            done += count
        }
    }

    package func extent(at offset: Int, count: Int) -> FileExtent? {
        contains(offset, count) && count > 0 ? FileExtent(file: self, offset: offset, count: count) : nil
    }
}
