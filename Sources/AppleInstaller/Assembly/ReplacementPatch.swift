import AppleMedia
import Crypto
import DiskFormats
import MediaCodecs

/// A patch of Apple's updates that replaces a file as a whole: "BXDIFF50" without control data.
///
/// Little-endian: magic, 8 bytes of unknown meaning, the size of the result, that of the control data (0), that of the pbzx stream, and the
/// SHA-1 of the result; then the stream. AsahiLinux/asahi-installer, src/util.py, which reads macOS's updates with it.
struct ReplacementPatch {
    /// Of the result, in bytes.
    let size: Int
    private let digest: [UInt8]
    private let stream: ByteRange

    private static let headerSize = 60
    private static let magic = "BXDIFF50"

    /// - Throws: `damaged`; `unsupported` for a patch that needs the file before it.
    init(_ source: any ByteSource) throws(FormatError) {
        let header = try source.head(Self.headerSize)
        guard header.count == Self.headerSize, header.has(Self.magic, at: 0),
            let size = header.littleEndian(UInt64.self, at: 16).flatMap({ Int(exactly: $0) }),
            let control = header.littleEndian(UInt64.self, at: 24)
        else { throw .damaged("it is no patch of the kind \(Self.magic)") }
        guard control == 0 else { throw .unsupported("it is a patch of another file, and does not replace it as a whole") }
        (self.size, digest) = (size, Array(header[40..<60]))
        stream = try source.range(Self.headerSize, source.size - Self.headerSize)
    }

    /// Writes the file.
    /// - Throws: `damaged` when its size or its SHA-1 is another one.
    func write(to sink: any ByteSink) throws(FormatError) {
        var (hash, offset) = (Insecure.SHA1(), 0)
        try PbzxStream(SourceStream(stream)).forEach { (part) throws(FormatError) in
            if Task.isCancelled { throw .interrupted }
            guard part.count <= size - offset else { throw .damaged("the patch makes more than its \(size) bytes") }
            hash.update(bufferPointer: part)
            try sink.write(part, at: offset)
            offset += part.count
        }
        guard offset == size else { throw .damaged("the patch makes \(offset) of its \(size) bytes") }
        guard hash.finalize().elementsEqual(digest) else { throw .damaged("the SHA-1 of what the patch makes differs") }
    }
}
