import CZlib
package import DiskFormats
import SystemPackage

/// DEFLATE, by zlib: RFC 1950, 1951 and 1952.
package struct InflateDecoder: StreamDecoder, ~Copyable {
    package enum Wrapping: Sendable {
        case zlib, gzip
        /// Neither header nor checksum, as in ZIP archives.
        case none

        /// The parameter windowBits of inflateInit2().
        var windowBits: Int32 {
            switch self {
            case .zlib: 15
            case .gzip: 15 + 16
            case .none: -15
            }
        }
    }

    package static var name: String { "zlib" }

    // zlib's state points back to it: it must not move.
    private let stream: UnsafeMutablePointer<z_stream>

    package init(_ wrapping: Wrapping) throws(FormatError) {
        stream = .allocate(capacity: 1)
        stream.initialize(to: z_stream())
        guard mv_inflate_init(stream, wrapping.windowBits) == Z_OK else {
            stream.deallocate()
            throw .reading(.noMemory)
        }
    }

    deinit {
        inflateEnd(stream)
        stream.deallocate()
    }

    /// Begins again, with new data.
    mutating func reset() { inflateReset(stream) }

    package mutating func decode(
        _ input: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer
    ) throws(FormatError) -> DecoderStep {
        let (available, room) = (UInt32(clamping: input.count), UInt32(clamping: output.count))
        stream.pointee.next_in = UnsafeMutablePointer(mutating: input.baseAddress?.assumingMemoryBound(to: UInt8.self))
        stream.pointee.avail_in = available
        stream.pointee.next_out = output.baseAddress?.assumingMemoryBound(to: UInt8.self)
        stream.pointee.avail_out = room
        let result = inflate(stream, Z_NO_FLUSH)
        let step = DecoderStep(
            consumed: Int(available - stream.pointee.avail_in), produced: Int(room - stream.pointee.avail_out),
            isFinished: result == Z_STREAM_END)
        switch result {
        // Z_BUF_ERROR: nothing could be done with these buffers.
        case Z_OK, Z_STREAM_END, Z_BUF_ERROR: return step
        case Z_MEM_ERROR: throw .reading(.noMemory)
        default:
            let message = stream.pointee.msg.map { String(cString: $0) } ?? "error \(result)"
            throw .damaged("its zlib data is damaged: \(message)")
        }
    }
}
