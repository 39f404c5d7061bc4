import CZlib
package import DiskFormats
import SystemPackage

/// Compresses with DEFLATE, by zlib: RFC 1950, 1951 and 1952. The header has neither a time nor a name, so that the same bytes
/// give the same bytes.
package struct DeflateEncoder: ~Copyable {
    /// The best compression: packages are made once.
    private static let level: Int32 = 9

    // zlib's state points back to it: it must not move.
    private let stream: UnsafeMutablePointer<z_stream>

    package init(_ wrapping: InflateDecoder.Wrapping) throws(FormatError) {
        stream = .allocate(capacity: 1)
        stream.initialize(to: z_stream())
        guard mv_deflate_init(stream, Self.level, wrapping.windowBits) == Z_OK else {
            stream.deallocate()
            throw .writing(.noMemory)
        }
    }

    deinit {
        deflateEnd(stream)
        stream.deallocate()
    }

    /// Takes all of the input, and passes what it makes of it to `output`.
    /// - Parameter isLast: nothing follows; the end of the format is written.
    package mutating func encode(
        _ input: UnsafeRawBufferPointer, isLast: Bool = false, _ output: (UnsafeRawBufferPointer) throws(FormatError) -> Void
    ) throws(FormatError) {
        let room = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 16, alignment: 16)
        defer { room.deallocate() }
        var left = input[...]
        repeat {
            let part = UnsafeRawBufferPointer(rebasing: left.prefix(1 << 30))
            left = left.dropFirst(part.count)
            stream.pointee.next_in = UnsafeMutablePointer(mutating: part.baseAddress?.assumingMemoryBound(to: UInt8.self))
            stream.pointee.avail_in = UInt32(clamping: part.count)
            let flush = isLast && left.isEmpty ? Z_FINISH : Z_NO_FLUSH
            repeat {
                stream.pointee.next_out = room.baseAddress?.assumingMemoryBound(to: UInt8.self)
                stream.pointee.avail_out = UInt32(clamping: room.count)
                // Z_BUF_ERROR: there was nothing to do.
                guard [Z_OK, Z_STREAM_END, Z_BUF_ERROR].contains(deflate(stream, flush)) else { throw .writing(.noMemory) }
                let made = room.count - Int(stream.pointee.avail_out)
                if made > 0 { try output(UnsafeRawBufferPointer(rebasing: room[..<made])) }
            } while stream.pointee.avail_out == 0
        } while !left.isEmpty
    }
}

/// A sink that is written from its start to its end, in gzip.
package final class GzipOutput {
    private let sink: any ByteSink
    private var encoder: DeflateEncoder
    /// Bytes that are in the sink.
    package private(set) var size = 0

    package init(_ sink: any ByteSink) throws(FormatError) {
        self.sink = sink
        encoder = try DeflateEncoder(.gzip)
    }

    package func append(_ bytes: UnsafeRawBufferPointer) throws(FormatError) { try write(bytes, isLast: false) }

    package func append(_ bytes: [UInt8]) throws(FormatError) {
        try bytes.withBytes { (buffer) throws(FormatError) in try write(buffer, isLast: false) }
    }

    /// Ends the file; nothing can follow.
    package func finish() throws(FormatError) { try write(UnsafeRawBufferPointer(start: nil, count: 0), isLast: true) }

    private func write(_ bytes: UnsafeRawBufferPointer, isLast: Bool) throws(FormatError) {
        try encoder.encode(bytes, isLast: isLast) { (part) throws(FormatError) in
            try sink.write(part, at: size)
            size += part.count
        }
    }
}
