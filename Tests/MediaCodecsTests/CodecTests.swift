import DiskFormats
import MediaSamples
import Testing

@testable import MediaCodecs

/// Everything that another encoder made: Apple's for LZFSE, the libraries for the rest.
struct CodecTests {
    private func decoded(_ count: Int, _ body: (UnsafeMutableRawBufferPointer) throws(FormatError) -> Void) throws(FormatError) -> [UInt8] {
        try [UInt8](count: count) { (buffer) throws(FormatError) in
            buffer.initializeMemory(as: UInt8.self, repeating: 0xee)
            try body(buffer)
        }
    }

    private func lzfse(_ data: [UInt8], count: Int) throws(FormatError) -> [UInt8] {
        try decoded(count) { (output) throws(FormatError) in
            var decoder = LZFSEDecoder()
            try data.withBytes { (input) throws(FormatError) in try decoder.decode(input, into: output) }
        }
    }

    @Test(arguments: LZFSEVector.all)
    func lzfse(_ vector: LZFSEVector) throws {
        let bytes = try lzfse(Samples.hex(vector.data), count: vector.count)
        #expect(CRC32Sum.of(bytes) == vector.crc32)
    }

    @Test("LZFSE that makes less or more than its output is refused", arguments: LZFSEVector.all, [-1, 1])
    func lzfseOfAnotherSize(_ vector: LZFSEVector, difference: Int) {
        #expect(throws: FormatError.self) { try lzfse(Samples.hex(vector.data), count: vector.count + difference) }
    }

    @Test("A decoder is used again, also after damage")
    func lzfseAgain() throws {
        let vector = try #require(LZFSEVector.all.first { $0.name == "coded" })
        let (good, count) = (Samples.hex(vector.data), vector.count)
        var bad = good
        bad[200] ^= 0xff
        var decoder = LZFSEDecoder()
        for data in [good, bad, good] {
            let bytes = try? decoded(count) { (output) throws(FormatError) in
                try data.withBytes { (input) throws(FormatError) in try decoder.decode(input, into: output) }
            }
            if data == good { #expect(bytes.map { CRC32Sum.of($0) } == vector.crc32) }
        }
    }

    @Test func adc() throws {
        let content = Compressors.sample(40000) + [UInt8](repeating: 9, count: 500)
        let data = Compressors.adc(content)
        #expect(data.count < content.count * 9 / 10)
        let bytes = try decoded(content.count) { (output) throws(FormatError) in
            try data.withBytes { (input) throws(FormatError) in try ADC.decode(input, into: output) }
        }
        #expect(bytes == content)
    }

    @Test("A match before the start and one past the end are damage")
    func adcDamage() {
        for data: [UInt8] in [[0x80, 1, 0x00, 5], [0x80, 1, 0x7f, 0, 0], [0x40], [0x85, 1], []] {
            #expect(throws: FormatError.self) {
                _ = try decoded(8) { (output) throws(FormatError) in
                    try data.withBytes { (input) throws(FormatError) in try ADC.decode(input, into: output) }
                }
            }
        }
    }

    private func stream<Decoder: StreamDecoder & ~Copyable>(_ data: [UInt8], _ decoder: consuming Decoder) throws(FormatError) -> [UInt8] {
        try DecodedStream(SourceStream(MemorySource(data)), decoder).remainder(limit: 1 << 20)
    }

    @Test("Streams of all libraries, in pieces")
    func streams() throws {
        let content = Compressors.sample(300_000)
        #expect(try stream(Compressors.zlib(content), InflateDecoder(.zlib)) == content)
        #expect(try stream(Compressors.zlib(content, windowBits: 31), InflateDecoder(.gzip)) == content)
        #expect(try stream(Compressors.zlib(content, windowBits: -15), InflateDecoder(.none)) == content)
        #expect(try stream(Compressors.bzip2(content), Bzip2Decoder()) == content)
        #expect(try stream(Compressors.xz(content), XZDecoder()) == content)
    }

    @Test("Streams that end too early or are damaged")
    func damagedStreams() throws {
        let content = Compressors.sample(30000)
        for data in [try Compressors.zlib(content), try Compressors.bzip2(content), try Compressors.xz(content)] {
            let cut = Array(data.dropLast(20))
            var flipped = data
            flipped[data.count / 2] ^= 0x55
            for bytes in [cut, flipped] {
                #expect(throws: FormatError.self) {
                    switch bytes[0] {
                    case 0x78: _ = try stream(bytes, InflateDecoder(.zlib))
                    case 0x42: _ = try stream(bytes, Bzip2Decoder())
                    default: _ = try stream(bytes, XZDecoder())
                    }
                }
            }
        }
    }

    @Test("xz that needs a large dictionary is refused, not decoded in as much memory")
    func largeDictionary() throws {
        let data = try Samples.run("xz", ["--format=xz", "--lzma2=dict=64MiB", "--stdout"], input: Compressors.sample(1000))
        #expect(throws: FormatError.unsupported("its xz data needs a dictionary larger than 20 MiB")) { try stream(data, XZDecoder()) }
    }

    @Test("Checksums of parts are those of the whole")
    func checksums() {
        let bytes = Compressors.sample(10000)
        var (left, right) = (CRC32Sum(), CRC32Sum())
        bytes[..<3333].withUnsafeBytes { left.update($0) }
        bytes[3333...].withUnsafeBytes { right.update($0) }
        left.append(right)
        #expect(left.value == CRC32Sum.of(bytes))
        #expect(left.value == CRC32.checksum(bytes))
        for count in [0, 1, 511, 512, 4097] {
            #expect(CRC32Sum.zeros(count).value == CRC32.checksum([UInt8](repeating: 0, count: count)))
            #expect(CRC32Sum.zeros(count).count == count)
        }
    }
}
