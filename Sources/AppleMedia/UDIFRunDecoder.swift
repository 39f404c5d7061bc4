import DiskFormats
import MediaCodecs

/// Decodes the compressed runs of a disk image, one after the other.
struct UDIFRunDecoder: ~Copyable {
    private var lzfse: LZFSEDecoder?

    init() { lzfse = nil }

    /// - Throws: `damaged` unless the input makes exactly the output.
    mutating func decode(
        _ codec: UDIFRun.Codec, _ input: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer
    ) throws(FormatError) {
        switch codec {
        case .zero, .ignored: output.initializeMemory(as: UInt8.self, repeating: 0)
        case .raw:
            guard input.count == output.count else { throw .damaged("a raw run has another size than it covers") }
            output.copyMemory(from: input)
        case .adc: try ADC.decode(input, into: output)
        case .zlib:
            var decoder = try InflateDecoder(.zlib)
            try decoder.decodeAll(input, into: output)
        case .bzip2:
            var decoder = try Bzip2Decoder()
            try decoder.decodeAll(input, into: output)
        case .xz:
            var decoder = try XZDecoder()
            try decoder.decodeAll(input, into: output)
        case .lzfse:
            // Its tables take 50 KB, and are used again.
            if lzfse == nil { lzfse = LZFSEDecoder() }
            try lzfse?.decode(input, into: output)
        }
    }
}
