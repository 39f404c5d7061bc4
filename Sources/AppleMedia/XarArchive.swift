package import DiskFormats
package import MediaCodecs

/// A xar archive: installer packages (.pkg). A header, a table of contents in compressed XML, and the heap with everything else.
///
/// Checksums are verified where the archive has them: that of the table of contents when it is opened, those of entries by `verify`.
package struct XarArchive: Sendable {
    package let entries: [XarEntry]
    /// Nothing is signed but the checksum of the table of contents.
    package let signature: XarSignature?
    /// What the archive says about its table of contents, and what was computed of it; nil when the archive has none.
    package let tableChecksum: Checksum?
    private let source: any ByteSource

    /// Bytes. A table of 100000 files takes some 60 MB; packages list ten.
    private static let tableLimit = 32 << 20

    package static func recognizes(_ source: any ByteSource) -> Bool { (try? source.head(4))?.has("xar!", at: 0) ?? false }

    /// - Throws: `damaged`, also when the checksum of the table of contents differs.
    package init(_ source: any ByteSource) throws(FormatError) {
        let header = try source.head(28)
        guard header.has("xar!", at: 0), let headerSize = header.bigEndian16(at: 4), headerSize >= 28,
            let stored = header.bigEndianSize(at: 8), let size = header.bigEndianSize(at: 16),
            let algorithm = header.bigEndian(UInt32.self, at: 24)
        else { throw .damaged("it is no xar archive") }
        guard header.bigEndian16(at: 6) == 1 else { throw .unsupported("its xar header has another version than 1") }
        guard stored <= Self.tableLimit, size <= Self.tableLimit, source.contains(Int(headerSize), stored) else {
            throw .damaged("its table of contents is larger than \(Self.tableLimit >> 20) MiB or than the file")
        }
        let heap = Int(headerSize) + stored
        let packed = try source.bytes(at: Int(headerSize), count: stored)
        let xml = try [UInt8](count: size) { (output) throws(FormatError) in
            var decoder = try InflateDecoder(.zlib)
            try packed.withBytes { (input) throws(FormatError) in try decoder.decodeAll(input, into: output) }
        }
        let table = XarTable(tree: try XMLTree(xml), heap: heap, size: source.size)
        (entries, signature) = try table.read(source)
        tableChecksum = try Self.verifiedChecksum(table, algorithm: algorithm, source, packed)
        self.source = source
    }

    /// The entry with a path such as "Scripts" or "Resources/en.lproj/a".
    package func entry(_ path: String) -> XarEntry? { entries.first { $0.path == path } }

    /// The bytes of an entry that is stored as it is.
    /// - Throws: `unsupported` for a compressed one: use `stream`.
    package func range(_ entry: XarEntry) throws(FormatError) -> ByteRange {
        guard entry.encoding == .none else { throw .unsupported("\(entry.path) is compressed: it can be read from its start only") }
        return try source.range(entry.offset, entry.storedSize)
    }

    /// The content of an entry.
    package func stream(_ entry: XarEntry) throws(FormatError) -> any ByteStream {
        let stored = SourceStream(try source.range(entry.offset, entry.storedSize))
        switch entry.encoding {
        case .none: return stored
        // Named after gzip, but with the header of zlib; some tools do write gzip.
        case .gzip:
            let head = try source.bytes(at: entry.offset, count: min(2, entry.storedSize))
            return DecodedStream(stored, try InflateDecoder(head == [0x1f, 0x8b] ? .gzip : .zlib))
        case .bzip2: return DecodedStream(stored, try Bzip2Decoder())
        case .xz: return DecodedStream(stored, try XZDecoder())
        }
    }

    /// Compares the stored bytes, and what they make, with the checksums of the archive.
    /// - Throws: `damaged`, which names what differs.
    package func verify(_ entry: XarEntry) throws(FormatError) {
        if let expected = entry.storedChecksum {
            let found = try expected.algorithm.checksum(of: SourceStream(try source.range(entry.offset, entry.storedSize)))
            guard found == expected else { throw .damaged("the checksum of the stored bytes of \(entry.path) differs") }
        }
        guard let expected = entry.checksum, entry.encoding != .none || entry.storedChecksum != expected else { return }
        guard try expected.algorithm.checksum(of: try stream(entry)) == expected else {
            throw .damaged("the checksum of \(entry.path) differs")
        }
    }

    private static func verifiedChecksum(
        _ table: XarTable, algorithm: UInt32, _ source: any ByteSource, _ packed: [UInt8]
    ) throws(FormatError) -> Checksum? {
        // The header's number: 0 none, 1 SHA-1, 2 MD5, 3 whatever the table names, in newer archives SHA-256 or SHA-512.
        guard algorithm != 0 else { return nil }
        guard let (place, style) = table.checksum, let kind = Checksum.Algorithm(rawValue: style), place.count == kind.size else {
            throw .damaged("its table of contents names no checksum of itself that this program knows")
        }
        let found = try kind.checksum(of: SourceStream(MemorySource(packed)))
        guard try source.bytes(at: place.lowerBound, count: place.count) == found.bytes else {
            throw .damaged("the checksum of its table of contents differs")
        }
        return found
    }
}

/// A file, directory or link of a xar archive.
package struct XarEntry: Equatable, Sendable {
    package enum Kind: String, Sendable {
        case file, directory, link, other
    }
    package enum Encoding: String, Sendable {
        case none, gzip, bzip2, xz
    }

    /// Its names from the archive's top on, joined by slashes: as the archive has them, not checked for use on a disk.
    package var path: String
    package var kind: Kind
    /// Bytes.
    package var size: Int
    package var encoding: Encoding
    /// Bytes of the file.
    package var offset, storedSize: Int
    /// Of the content, and of the bytes that it is stored in.
    package var checksum, storedChecksum: Checksum?
    /// Permission bits.
    package var mode: Int
}

/// The signature of a xar archive.
package struct XarSignature: Equatable, Sendable {
    /// "RSA": over the checksum of the table of contents; "CMS": a message with the same.
    package var style: String
    package var bytes: [UInt8]
    /// In DER, the signer's own first.
    package var certificates: [[UInt8]]
    /// What is signed: the checksum of the table of contents, as the archive stores it and as it was verified.
    package var signedChecksum: Checksum?
}
