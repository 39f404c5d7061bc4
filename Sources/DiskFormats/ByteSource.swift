import SystemPackage

/// Bytes that can be read at any place, from several threads at once: a file, a part of another source, or what a format decodes.
///
/// Sources nest: a disk image in an archive in a volume in a disk image is read where it lies, and no layer is ever copied to a file.
/// The bytes are untrusted.
package protocol ByteSource: Sendable {
    /// Bytes.
    var size: Int { get }

    /// Fills the whole buffer with the bytes from `offset` on.
    /// - Throws: `damaged` when they are not all within the source, beside what reading and decoding throws.
    func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int) throws(FormatError)

    /// Where these bytes lie in a file, if they do one to one, so that the kernel can copy them.
    func extent(at offset: Int, count: Int) -> FileExtent?
}

/// A part of an open file.
package struct FileExtent: Sendable {
    package let file: FileSource
    /// Bytes from the start of the file.
    package let offset: Int
    /// Bytes, at least one: perhaps fewer than were asked for.
    package let count: Int

    package init(file: FileSource, offset: Int, count: Int) { (self.file, self.offset, self.count) = (file, offset, count) }
}

extension ByteSource {
    package func extent(at offset: Int, count: Int) -> FileExtent? { nil }

    /// Whether `count` bytes from `offset` on are within the source.
    package func contains(_ offset: Int, _ count: Int) -> Bool {
        offset >= 0 && count >= 0 && offset <= size && count <= size - offset
    }

    /// - Parameter count: bytes; the caller has limited it.
    package func bytes(at offset: Int, count: Int) throws(FormatError) -> [UInt8] {
        guard contains(offset, count) else { throw .damaged("bytes \(offset) to \(offset &+ count) are outside of its \(size) bytes") }
        return try [UInt8](count: count) { (buffer) throws(FormatError) in try read(into: buffer, at: offset) }
    }

    /// The first `count` bytes, or all of a smaller source.
    package func head(_ count: Int) throws(FormatError) -> [UInt8] { try bytes(at: 0, count: min(count, size)) }

    /// A part of this source, which has to be within it.
    package func range(_ offset: Int, _ count: Int) throws(FormatError) -> ByteRange {
        guard contains(offset, count) else { throw .damaged("bytes \(offset) to \(offset &+ count) are outside of its \(size) bytes") }
        return ByteRange(of: self, at: offset, count: count)
    }
}

extension [UInt8] {
    /// An array that `fill` writes all bytes of.
    package init(count: Int, _ fill: (UnsafeMutableRawBufferPointer) throws(FormatError) -> Void) throws(FormatError) {
        var failure: FormatError?
        self.init(unsafeUninitializedCapacity: count) { buffer, filled in
            do throws(FormatError) {
                try fill(UnsafeMutableRawBufferPointer(rebasing: UnsafeMutableRawBufferPointer(buffer)[..<count]))
                filled = count
            } catch {
                failure = error
            }
        }
        if let failure { throw failure }
    }

    /// As `withUnsafeBytes`, with a typed error.
    package func withBytes<Result>(_ body: (UnsafeRawBufferPointer) throws(FormatError) -> Result) throws(FormatError) -> Result {
        try withUnsafeBufferPointer { (buffer) throws(FormatError) in try body(UnsafeRawBufferPointer(buffer)) }
    }
}

/// A part of another source.
package struct ByteRange: ByteSource {
    private let base: any ByteSource
    /// Bytes from the start of the other source.
    private let start: Int
    package let size: Int

    /// The caller has checked that the range is within `base`.
    fileprivate init(of base: any ByteSource, at start: Int, count: Int) {
        if let range = base as? ByteRange {
            (self.base, self.start) = (range.base, range.start + start)
        } else {
            (self.base, self.start) = (base, start)
        }
        size = count
    }

    package func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int) throws(FormatError) {
        guard contains(offset, buffer.count) else {
            throw .damaged("bytes \(offset) to \(offset &+ buffer.count) are outside of its \(size) bytes")
        }
        try base.read(into: buffer, at: start + offset)
    }

    package func extent(at offset: Int, count: Int) -> FileExtent? {
        contains(offset, count) ? base.extent(at: start + offset, count: count) : nil
    }
}

/// Bytes in memory.
package struct MemorySource: ByteSource {
    private let content: [UInt8]
    package var size: Int { content.count }

    package init(_ content: [UInt8]) { self.content = content }

    package func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int) throws(FormatError) {
        guard contains(offset, buffer.count) else {
            throw .damaged("bytes \(offset) to \(offset &+ buffer.count) are outside of its \(size) bytes")
        }
        content.withUnsafeBytes { buffer.copyMemory(from: UnsafeRawBufferPointer(rebasing: $0[offset..<(offset + buffer.count)])) }
    }
}

extension BlockSource {
    /// A source as the device that the readers of partition tables and of FAT take.
    package init(_ source: any ByteSource, blockSize: Int = 512) {
        self.init(size: source.size, blockSize: blockSize) { (offset, count) throws(Errno) in
            guard source.contains(offset, 0), count >= 0 else { return [] }
            do throws(FormatError) {
                return try source.bytes(at: offset, count: min(count, source.size - offset))
            } catch {
                if case .reading(let errno) = error { throw errno }
                throw .ioError
            }
        }
    }
}
