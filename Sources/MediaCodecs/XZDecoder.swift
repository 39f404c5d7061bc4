import CLzma
package import DiskFormats
import SystemPackage

/// LZMA2 in .xz files, by liblzma: https://tukaani.org/xz/xz-file-format.txt
package struct XZDecoder: StreamDecoder, ~Copyable {
    package static var name: String { "xz" }

    /// Bytes. Apple's tools use dictionaries of 1 to 8 MiB; two decoders with 16 MiB each stay within the memory of a conversion.
    private static let memoryLimit: UInt64 = 20 << 20

    private let stream: UnsafeMutablePointer<lzma_stream>

    package init() throws(FormatError) {
        stream = .allocate(capacity: 1)
        stream.initialize(to: mv_lzma_stream())
        guard lzma_stream_decoder(stream, Self.memoryLimit, 0) == LZMA_OK else {
            stream.deallocate()
            throw .reading(.noMemory)
        }
    }

    deinit {
        lzma_end(stream)
        stream.deallocate()
    }

    package mutating func decode(
        _ input: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer
    ) throws(FormatError) -> DecoderStep {
        stream.pointee.next_in = input.baseAddress?.assumingMemoryBound(to: UInt8.self)
        stream.pointee.avail_in = input.count
        stream.pointee.next_out = output.baseAddress?.assumingMemoryBound(to: UInt8.self)
        stream.pointee.avail_out = output.count
        let result = lzma_code(stream, LZMA_RUN)
        let step = DecoderStep(
            consumed: input.count - stream.pointee.avail_in, produced: output.count - stream.pointee.avail_out,
            isFinished: result == LZMA_STREAM_END)
        switch result {
        case LZMA_OK, LZMA_STREAM_END, LZMA_BUF_ERROR: return step
        case LZMA_MEM_ERROR: throw .reading(.noMemory)
        case LZMA_MEMLIMIT_ERROR: throw .unsupported("its xz data needs a dictionary larger than \(Self.memoryLimit >> 20) MiB")
        case LZMA_FORMAT_ERROR: throw .damaged("its xz data has another format")
        default: throw .damaged("its xz data is damaged (error \(result.rawValue))")
        }
    }
}
