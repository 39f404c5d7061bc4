import CLinux
import Glibc
package import LinuxSupport
package import SystemPackage

/// Where bytes are written at any place, from several threads at once. What was never written reads as zeros.
package protocol ByteSink: Sendable {
    func write(_ bytes: UnsafeRawBufferPointer, at offset: Int) throws(FormatError)

    /// Writes what a source has from `start` on.
    func copy(_ source: any ByteSource, from start: Int, count: Int, at offset: Int) throws(FormatError)
}

extension ByteSink {
    package func write(_ bytes: [UInt8], at offset: Int) throws(FormatError) {
        try bytes.withBytes { (buffer) throws(FormatError) in try write(buffer, at: offset) }
    }

    package func copy(_ source: any ByteSource, from start: Int, count: Int, at offset: Int) throws(FormatError) {
        try copyBytes(source, from: start, count: count, at: offset)
    }

    /// Copies through memory, 1 MiB at a time.
    func copyBytes(_ source: any ByteSource, from start: Int, count: Int, at offset: Int) throws(FormatError) {
        guard source.contains(start, count) else {
            throw .damaged("bytes \(start) to \(start &+ count) are outside of its \(source.size) bytes")
        }
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: min(count, 1 << 20), alignment: 4096)
        defer { buffer.deallocate() }
        var done = 0
        while done < count {
            if Task.isCancelled { throw .interrupted }
            let part = UnsafeMutableRawBufferPointer(rebasing: buffer[..<min(buffer.count, count - done)])
            try source.read(into: part, at: start + done)
            try write(UnsafeRawBufferPointer(part), at: offset + done)
            done += part.count
        }
    }
}

/// A part of another sink, from `start` on: a partition of an image.
package struct SinkRange: ByteSink {
    private let base: any ByteSink
    private let start: Int

    /// - Parameter start: bytes.
    package init(of base: any ByteSink, from start: Int) { (self.base, self.start) = (base, start) }

    package func write(_ bytes: UnsafeRawBufferPointer, at offset: Int) throws(FormatError) { try base.write(bytes, at: start + offset) }

    package func copy(_ source: any ByteSource, from first: Int, count: Int, at offset: Int) throws(FormatError) {
        try base.copy(source, from: first, count: count, at: start + offset)
    }
}

/// An open file as a sink. Zeros leave holes: the file has to be new, as long as its content, and without content.
package final class FileSink: ByteSink {
    private let file: OwnedDescriptor
    /// Where only holes are left out: the block of the usual file systems.
    private static let block = 4096

    package init(_ file: consuming OwnedDescriptor) { self.file = file }

    /// Opens a file for writing; its content stays.
    /// - Parameter size: what its length in bytes becomes; nil leaves it.
    /// - Throws: `writing`.
    package convenience init(
        opening path: FilePath, size: Int?, options: FileDescriptor.OpenOptions = [],
        permissions: FilePermissions = FilePermissions(rawValue: 0o644)
    ) throws(FormatError) {
        let file: OwnedDescriptor
        do throws(Errno) {
            file = try OwnedDescriptor(opening: path, .readWrite, options: options, permissions: permissions)
        } catch {
            throw .writing(error)
        }
        self.init(file)
        if let size { try setSize(size) }
    }

    /// Changes the length; what is new is a hole.
    package func setSize(_ size: Int) throws(FormatError) {
        guard ftruncate(file.rawValue, size) == 0 else { throw .writing(Errno(rawValue: errno)) }
    }

    package func write(_ bytes: UnsafeRawBufferPointer, at offset: Int) throws(FormatError) {
        // Runs of blocks that are not zero, each in one write.
        var start = 0
        while start < bytes.count {
            var end = start
            while end < bytes.count {
                let next = min(bytes.count, end + Self.block - (offset + end) % Self.block)
                if UnsafeRawBufferPointer(rebasing: bytes[end..<next]).isZero { break }
                end = next
            }
            if end > start { try writeAll(UnsafeRawBufferPointer(rebasing: bytes[start..<end]), at: offset + start) }
            while end < bytes.count {
                let next = min(bytes.count, end + Self.block - (offset + end) % Self.block)
                guard UnsafeRawBufferPointer(rebasing: bytes[end..<next]).isZero else { break }
                end = next
            }
            start = end
        }
    }

    private func writeAll(_ bytes: UnsafeRawBufferPointer, at offset: Int) throws(FormatError) {
        var done = 0
        while done < bytes.count {
            let count = pwrite(file.rawValue, bytes.baseAddress?.advanced(by: done), bytes.count - done, offset + done)
            if count < 0 && errno == EINTR { continue }
            guard count > 0 else { throw .writing(count == 0 ? .noSpace : Errno(rawValue: errno)) }
            done += count
        }
    }

    /// Has the kernel copy what lies in a file: on Btrfs and XFS that takes no room.
    package func copy(_ source: any ByteSource, from start: Int, count: Int, at offset: Int) throws(FormatError) {
        guard source.contains(start, count) else {
            throw .damaged("bytes \(start) to \(start &+ count) are outside of its \(source.size) bytes")
        }
        var done = 0
        while done < count {
            if Task.isCancelled { throw .interrupted }
            let part = min(count - done, 64 << 20)
            guard let extent = source.extent(at: start + done, count: part) else {
                try copyBytes(source, from: start + done, count: part, at: offset + done)
                done += part
                continue
            }
            let copied = mv_copy_file_range(
                extent.file.descriptor, Int64(extent.offset), file.rawValue, Int64(offset + done), min(part, extent.count))
            if copied < 0 && errno == EINTR { continue }
            if copied < 0 && errno == ENOSPC { throw .writing(.noSpace) }
            if copied > 0 {
                done += copied
            } else {
                // Another file system, a kernel without the call, or a file that became shorter, which reading will tell.
                try copyBytes(source, from: start + done, count: part, at: offset + done)
                done += part
            }
        }
    }
}

extension UnsafeRawBufferPointer {
    /// Whether there is nothing but zeros.
    var isZero: Bool {
        guard let base = baseAddress, count > 0 else { return true }
        // Its first byte is zero, and each byte is like the one before it.
        return base.load(as: UInt8.self) == 0 && memcmp(base, base.advanced(by: 1), count - 1) == 0
    }
}
