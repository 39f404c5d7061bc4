package import DiskFormats
package import MediaCodecs

/// A ZIP archive, also one of more than 4 GiB: APPNOTE.TXT 6.3.10. Apple's software updates are such files.
///
/// An entry that is stored as it is can be read at any place; a deflated one from its start to its end.
package struct ZipArchive: Sendable {
    package struct Entry: Equatable, Sendable {
        /// As the archive has it: not checked for use on a disk. A directory ends with a slash.
        package var path: String
        /// 0 for stored, 8 for deflated.
        package var method: Int
        package var crc32: UInt32
        /// Bytes.
        package var size, storedSize: Int
        /// Where its local header is.
        package var header: Int
        package var isEncrypted: Bool
        /// Type and permissions as in stat(2), where the archive comes from Unix; else 0.
        package var mode: Int

        package var isStored: Bool { method == 0 }
    }

    package let entries: [Entry]
    private let source: any ByteSource

    /// Bytes. A directory of a million files takes some 100 MB; Apple's updates have some ten thousand.
    private static let directoryLimit = 48 << 20

    package static func recognizes(_ source: any ByteSource) -> Bool {
        guard let head = try? source.head(4) else { return false }
        return head.has("PK\u{3}\u{4}", at: 0) || head.has("PK\u{5}\u{6}", at: 0)
    }

    /// - Throws: `damaged`; `unsupported` for an archive in several files.
    package init(_ source: any ByteSource) throws(FormatError) {
        self.source = source
        let end = try Self.end(source)
        guard end.size <= Self.directoryLimit, source.contains(end.offset, end.size) else {
            throw .damaged("its directory is larger than \(Self.directoryLimit >> 20) MiB or outside of the archive")
        }
        entries = try Self.entries(try source.bytes(at: end.offset, count: end.size), count: end.count)
    }

    package func entry(_ path: String) -> Entry? { entries.first { $0.path == path } }

    /// The bytes of an entry that is stored as it is. Its checksum is not verified: `verify` does.
    /// - Throws: `unsupported` for a compressed or encrypted one.
    package func range(_ entry: Entry) throws(FormatError) -> ByteRange {
        guard entry.isStored else { throw .unsupported("\(entry.path) is compressed: it can be read from its start only") }
        return try stored(entry)
    }

    /// The content of an entry, whose checksum and size are verified at its end.
    /// - Throws: `unsupported` for another method than stored and deflated, and for an encrypted entry.
    package func stream(_ entry: Entry) throws(FormatError) -> any ByteStream {
        let stored = SourceStream(try stored(entry))
        switch entry.method {
        case 0: return VerifiedStream(stored, path: entry.path, size: entry.size, crc32: entry.crc32)
        case 8:
            let inflated = DecodedStream(stored, try InflateDecoder(.none))
            return VerifiedStream(inflated, path: entry.path, size: entry.size, crc32: entry.crc32)
        default: throw .unsupported("\(entry.path) is compressed with method \(entry.method)")
        }
    }

    /// - Throws: `damaged` when the content differs from its checksum.
    package func verify(_ entry: Entry) throws(FormatError) {
        try stream(entry).forEach { (_) throws(FormatError) in if Task.isCancelled { throw .interrupted } }
    }

    /// The stored bytes, which follow the local header. That repeats the name, with extra fields of its own.
    private func stored(_ entry: Entry) throws(FormatError) -> ByteRange {
        guard !entry.isEncrypted else { throw .unsupported("\(entry.path) is encrypted") }
        guard source.contains(entry.header, 30), case let header = try source.bytes(at: entry.header, count: 30),
            header.has("PK\u{3}\u{4}", at: 0), let name = header.littleEndian(UInt16.self, at: 26),
            let extra = header.littleEndian(UInt16.self, at: 28)
        else { throw .damaged("the header of \(entry.path) is damaged") }
        return try source.range(entry.header + 30 + Int(name) + Int(extra), entry.storedSize)
    }

    // MARK: The directory

    private static func end(_ source: any ByteSource) throws(FormatError) -> (offset: Int, size: Int, count: Int) {
        // 22 bytes, and a comment of at most 65535.
        let tail = try source.bytes(at: max(0, source.size - 22 - 0xffff), count: min(source.size, 22 + 0xffff))
        guard let at = stride(from: tail.count - 22, through: 0, by: -1).first(where: { tail.has("PK\u{5}\u{6}", at: $0) }) else {
            throw .damaged("it is no ZIP archive: its end is missing")
        }
        func short(_ offset: Int) -> Int { Int(tail.littleEndian(UInt16.self, at: at + offset) ?? 0) }
        func word(_ offset: Int) -> Int { Int(tail.littleEndian(UInt32.self, at: at + offset) ?? 0) }
        let (disk, count, size, offset) = (short(4), short(10), word(12), word(16))
        let position = source.size - tail.count + at
        if count == 0xffff || size == 0xffff_ffff || offset == 0xffff_ffff, source.contains(position - 20, 20) {
            let locator = try source.bytes(at: position - 20, count: 20)
            if locator.has("PK\u{6}\u{7}", at: 0) {
                guard let place = locator.littleEndian(UInt64.self, at: 8).flatMap({ Int(exactly: $0) }), source.contains(place, 56),
                    case let record = try source.bytes(at: place, count: 56), record.has("PK\u{6}\u{6}", at: 0),
                    let count = record.size(at: 32), let size = record.size(at: 40), let offset = record.size(at: 48)
                else { throw .damaged("its zip64 record is damaged") }
                return (offset, size, count)
            }
        }
        guard disk == 0 else { throw .unsupported("it is a ZIP archive in several files") }
        return (offset, size, count)
    }

    private static func entries(_ bytes: [UInt8], count: Int) throws(FormatError) -> [Entry] {
        var (entries, at): ([Entry], Int) = ([], 0)
        while entries.count < count {
            guard bytes.has("PK\u{1}\u{2}", at: at), let flags = bytes.littleEndian(UInt16.self, at: at + 8),
                let method = bytes.littleEndian(UInt16.self, at: at + 10), let crc = bytes.littleEndian(UInt32.self, at: at + 16),
                let stored = bytes.littleEndian(UInt32.self, at: at + 20), let size = bytes.littleEndian(UInt32.self, at: at + 24),
                let name = bytes.littleEndian(UInt16.self, at: at + 28), let extra = bytes.littleEndian(UInt16.self, at: at + 30),
                let comment = bytes.littleEndian(UInt16.self, at: at + 32), let attributes = bytes.littleEndian(UInt32.self, at: at + 38),
                let header = bytes.littleEndian(UInt32.self, at: at + 42), bytes.count - at >= 46 + Int(name) + Int(extra) + Int(comment)
            else { throw .damaged("entry \(entries.count) of its directory is damaged") }
            var entry = Entry(
                path: String(decoding: bytes[(at + 46)..<(at + 46 + Int(name))], as: UTF8.self), method: Int(method), crc32: crc,
                size: Int(size), storedSize: Int(stored), header: Int(header), isEncrypted: flags & 1 != 0,
                mode: bytes[at + 5] == 3 ? Int(attributes >> 16) : 0)
            let fields = at + 46 + Int(name)
            guard large(&entry, Array(bytes[fields..<(fields + Int(extra))])) else {
                throw .damaged("entry \(entries.count) of its directory is damaged")
            }
            guard !entry.isStored || entry.size == entry.storedSize || entry.isEncrypted else {
                throw .damaged("\(entry.path) is stored as it is, but in another size")
            }
            entries.append(entry)
            at += 46 + Int(name) + Int(extra) + Int(comment)
        }
        return entries
    }

    /// The zip64 field has what did not fit, in this order.
    /// - Returns: false when it is damaged.
    private static func large(_ entry: inout Entry, _ fields: [UInt8]) -> Bool {
        guard entry.size == 0xffff_ffff || entry.storedSize == 0xffff_ffff || entry.header == 0xffff_ffff else { return true }
        var at = 0
        while let kind = fields.littleEndian(UInt16.self, at: at), let length = fields.littleEndian(UInt16.self, at: at + 2) {
            guard kind == 1 else {
                at += 4 + Int(length)
                continue
            }
            var next = at + 4
            func number(_ old: Int) -> Int? {
                guard old == 0xffff_ffff else { return old }
                defer { next += 8 }
                return fields.size(at: next)
            }
            guard let size = number(entry.size), let stored = number(entry.storedSize), let header = number(entry.header) else {
                return false
            }
            (entry.size, entry.storedSize, entry.header) = (size, stored, header)
            return true
        }
        // Exactly as large as that, or damaged: reading will tell.
        return true
    }
}

extension [UInt8] {
    /// A number of 64 bits, little-endian; nil when it is larger than any file.
    fileprivate func size(at offset: Int) -> Int? { littleEndian(UInt64.self, at: offset).flatMap { Int(exactly: $0) } }
}

/// A stream whose size and checksum are compared at its end.
private final class VerifiedStream: ByteStream {
    private let input: any ByteStream
    private let path: String
    private let size: Int
    private let crc32: UInt32
    private var sum = CRC32Sum()

    init(_ input: any ByteStream, path: String, size: Int, crc32: UInt32) {
        (self.input, self.path, self.size, self.crc32) = (input, path, size, crc32)
    }

    func read(into buffer: UnsafeMutableRawBufferPointer) throws(FormatError) -> Int {
        guard buffer.count > 0 else { return 0 }
        let count = try input.read(into: buffer)
        if count > 0 {
            sum.update(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
            guard sum.count <= size else { throw .damaged("\(path) is larger than its \(size) bytes") }
        } else {
            guard sum.count == size else { throw .damaged("\(path) has \(sum.count) of \(size) bytes") }
            guard sum.value == crc32 else { throw .damaged("the checksum of \(path) differs") }
        }
        return count
    }
}
