package import DiskFormats
package import MediaCodecs

/// pbzx: the payload of packages since OS X 10.9, in chunks that are .xz files of their own, or stored as they are.
///
/// `pbzx`, the size of a chunk, then for each chunk its size, its stored size and its bytes: numbers of 64 bits, big-endian.
package final class PbzxStream: ByteStream {
    private let input: any ByteStream
    /// What the current chunk still makes, and what it is made of.
    private var chunk: (any ByteStream)?
    private var left = 0
    private var isFinished = false

    /// Bytes; Apple's tools write chunks of 16 MiB.
    private static let limit = 1 << 30

    /// - Throws: `damaged`.
    package init(_ input: any ByteStream) throws(FormatError) {
        self.input = input
        guard try input.bytes(4).has("pbzx", at: 0) else { throw .damaged("it is no pbzx stream") }
        guard let size = try input.bytes(8).bigEndianSize(at: 0), (1...Self.limit).contains(size) else {
            throw .damaged("its pbzx header is damaged")
        }
    }

    package func read(into buffer: UnsafeMutableRawBufferPointer) throws(FormatError) -> Int {
        guard buffer.count > 0 else { return 0 }
        while !isFinished {
            if let chunk {
                let part = UnsafeMutableRawBufferPointer(rebasing: buffer[..<min(buffer.count, max(left, 1))])
                let count = try chunk.read(into: part)
                guard count <= left else { throw .damaged("a pbzx chunk is larger than it says") }
                left -= count
                if count > 0 { return count }
                guard left == 0 else { throw .damaged("a pbzx chunk is \(left) bytes smaller than it says") }
                self.chunk = nil
            }
            try nextChunk()
        }
        return 0
    }

    private func nextChunk() throws(FormatError) {
        guard let header = try header() else {
            isFinished = true
            return
        }
        guard let size = header.bigEndianSize(at: 0), let stored = header.bigEndianSize(at: 8), size <= Self.limit, stored <= Self.limit
        else { throw .damaged("a pbzx chunk is damaged") }
        left = size
        let bytes = BoundedStream(input, count: stored)
        chunk = stored == size ? bytes : DrainingStream(DecodedStream(bytes, try XZDecoder()), bytes)
    }

    /// The two sizes of a chunk; nil at the end of the stream.
    private func header() throws(FormatError) -> [UInt8]? {
        var header: [UInt8] = []
        while header.count < 16 {
            let missing = 16 - header.count
            var got = 0
            header += try [UInt8](count: missing) { (buffer) throws(FormatError) in
                buffer.initializeMemory(as: UInt8.self, repeating: 0)
                got = try input.read(into: buffer)
            }.prefix(got)
            if got == 0 {
                guard header.isEmpty else { throw .damaged("its pbzx data ends within a chunk's header") }
                return nil
            }
        }
        return header
    }
}

/// At most `count` bytes of another stream.
final class BoundedStream: ByteStream {
    private let input: any ByteStream
    private(set) var left: Int

    init(_ input: any ByteStream, count: Int) { (self.input, left) = (input, count) }

    func read(into buffer: UnsafeMutableRawBufferPointer) throws(FormatError) -> Int {
        guard left > 0, buffer.count > 0 else { return 0 }
        let count = try input.read(into: UnsafeMutableRawBufferPointer(rebasing: buffer[..<min(left, buffer.count)]))
        guard count > 0 else { throw .damaged("its data ends \(left) bytes too early") }
        left -= count
        return count
    }
}

/// A decoder's stream that takes all of its bounded input, also what comes behind the end of the data.
private final class DrainingStream: ByteStream {
    private let content: any ByteStream
    private let input: BoundedStream

    init(_ content: any ByteStream, _ input: BoundedStream) { (self.content, self.input) = (content, input) }

    func read(into buffer: UnsafeMutableRawBufferPointer) throws(FormatError) -> Int {
        let count = try content.read(into: buffer)
        if count == 0 { try input.skip(input.left) }
        return count
    }
}
