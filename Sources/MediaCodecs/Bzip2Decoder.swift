import CBzip2
package import DiskFormats
import SystemPackage

/// bzip2, by libbz2.
package struct Bzip2Decoder: StreamDecoder, ~Copyable {
    package static var name: String { "bzip2" }

    // libbz2's state points back to it: it must not move.
    private let stream: UnsafeMutablePointer<bz_stream>

    package init() throws(FormatError) {
        stream = .allocate(capacity: 1)
        stream.initialize(to: bz_stream())
        // Neither messages nor the slower algorithm that takes less memory.
        guard BZ2_bzDecompressInit(stream, 0, 0) == BZ_OK else {
            stream.deallocate()
            throw .reading(.noMemory)
        }
    }

    deinit {
        BZ2_bzDecompressEnd(stream)
        stream.deallocate()
    }

    package mutating func decode(
        _ input: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer
    ) throws(FormatError) -> DecoderStep {
        let (available, room) = (UInt32(clamping: input.count), UInt32(clamping: output.count))
        stream.pointee.next_in = UnsafeMutablePointer(mutating: input.baseAddress?.assumingMemoryBound(to: CChar.self))
        stream.pointee.avail_in = available
        stream.pointee.next_out = output.baseAddress?.assumingMemoryBound(to: CChar.self)
        stream.pointee.avail_out = room
        let result = BZ2_bzDecompress(stream)
        let step = DecoderStep(
            consumed: Int(available - stream.pointee.avail_in), produced: Int(room - stream.pointee.avail_out),
            isFinished: result == BZ_STREAM_END)
        switch result {
        case BZ_OK, BZ_STREAM_END: return step
        case BZ_MEM_ERROR: throw .reading(.noMemory)
        default: throw .damaged("its bzip2 data is damaged (error \(result))")
        }
    }
}
