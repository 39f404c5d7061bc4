import DiskFormats
import Foundation
import MediaCodecs
import MediaSamples
import Testing

@testable import AppleMedia

struct UDIFTests {
    private static func disk(_ sectors: Int) -> [UInt8] {
        // With a hole in the middle.
        Compressors.sample(sectors * 512 / 2) + [UInt8](repeating: 0, count: 8192) + Compressors.sample(sectors * 512 / 2 - 8192, seed: 2)
    }

    private func decoded(_ image: UDIFImage) async throws -> (disk: [UInt8], UDIFDecoder.Verification) {
        let sink = MemorySink(size: image.size)
        let verification = try await UDIFDecoder(image, workers: 2).decode(to: sink)
        return (sink.bytes, verification)
    }

    @Test("Each codec, decoded in order and at random, and the same as 7zz's", arguments: UDIFWriter.Codec.allCases)
    func codec(_ codec: UDIFWriter.Codec) async throws {
        let disk = codec == .zero || codec == .ignored ? [UInt8](repeating: 0, count: 1 << 18) : Self.disk(1200)
        let writer = try UDIFWriter(disk, codecs: [codec], runSize: 64 << 10)
        let image = try UDIFImage(MemorySource(writer.image()))
        let (bytes, verification) = try await decoded(image)
        #expect(bytes == disk)
        #expect(verification.difference == nil)
        #expect(verification.dataFork == .matches && verification.master == .matches && verification.tables[0].result == .matches)
        for (offset, count) in [(0, 1), (65535, 2), (1000, 200_000), (disk.count - 7, 7), (0, disk.count), (300, 0)]
        where offset + count <= disk.count {
            #expect(try image.bytes(at: offset, count: count) == Array(disk[offset..<(offset + count)]))
        }
        // 7zz takes no LZFSE run that is longer than what it makes.
        if codec != .lzfse { #expect(try Oracle.disk(of: writer.image()) == disk) }
    }

    // 7zz does not know the plain header, which Apple's encoder no longer writes.
    @Test("LZFSE of Apple's encoder in an image makes what 7zz makes of it")
    func lzfse() async throws {
        var writer = UDIFWriter()
        let vectors = LZFSEVector.all.filter { $0.count.isMultiple(of: 512) && $0.name != "plain header" }
        #expect(vectors.count >= 2)
        let runs = vectors.map { UDIFWriter.Run(.lzfse, [UInt8](repeating: 0, count: $0.count), stored: Samples.hex($0.data)) }
        writer.tables = [("a (Apple_HFS : 0)", runs)]
        let disk = try await decoded(UDIFImage(MemorySource(writer.image()))).disk
        // The tables' checksums are not those of the content, which 7zz says by its exit code.
        writer.tables = [("a (Apple_HFS : 0)", Self.filled(runs, disk))]
        #expect(try Oracle.disk(of: writer.image()) == disk)
        let again = try await decoded(UDIFImage(MemorySource(writer.image()))).1
        #expect(again.difference == nil)
    }

    private static func filled(_ runs: [UDIFWriter.Run], _ disk: [UInt8]) -> [UDIFWriter.Run] {
        var rest = disk[...]
        return runs.map { run in
            defer { rest = rest.dropFirst(run.content.count) }
            return UDIFWriter.Run(run.codec, Array(rest.prefix(run.content.count)), stored: run.stored)
        }
    }

    @Test("All codecs in one image, several tables, data offset, resource fork, signature, and as the tail of another file")
    func shapes() async throws {
        let disk = Self.disk(2000)
        var writer = try UDIFWriter(disk, codecs: [.zlib, .bzip2, .xz, .adc, .lzfse, .raw], runSize: 32 << 10)
        let runs = writer.tables[0].runs
        writer.tables = [("first (Apple_Free : 1)", Array(runs[..<5])), ("second & last (Apple_HFS : 2)", Array(runs[5...]))]
        for change in [{ (_: inout UDIFWriter) in }, { $0.usesResourceFork = true }, { $0.signature = [1, 2, 3, 4, 5] }] {
            change(&writer)
            let whole = try UDIFImage(MemorySource(writer.image()))
            #expect(whole.start == 0)
            #expect(whole.tableNames.count == 2)
            #expect(try await decoded(whole).disk == disk)
            let tail = try UDIFImage(MemorySource(Compressors.sample(777) + writer.image()))
            #expect(tail.start == 777)
            let (bytes, verification) = try await decoded(tail)
            #expect(bytes == disk && verification.difference == nil)
            (writer.usesResourceFork, writer.signature) = (false, [])
        }
    }

    @Test("A byte that differs is found by the checksum that covers it")
    func checksums() async throws {
        let writer = try UDIFWriter(Self.disk(600), codecs: [.raw], runSize: 64 << 10)
        var bytes = writer.image()
        bytes[100] ^= 1
        let image = try UDIFImage(MemorySource(bytes))
        let (_, verification) = try await decoded(image)
        #expect(verification.tables[0].result.isDifferent && verification.dataFork.isDifferent)
        #expect(verification.master == .matches)
        await #expect(throws: FormatError.damaged("the checksum of its block table \"whole disk (Apple_HFS : 0)\" differs")) {
            _ = try await UDIFDecoder(image, workers: 2).decodeVerified(to: nil)
        }
        // The master checksum alone.
        bytes = writer.image()
        bytes[bytes.count - 512 + 0x168 + 3] ^= 1
        let master = try await decoded(try UDIFImage(MemorySource(bytes))).1
        #expect(master.difference == "its master checksum differs")
    }

    @Test("Runs that overlap, lie outside, share bytes or are bombs are refused")
    func hostile() throws {
        let content = Compressors.sample(4096)
        func refused(_ change: (inout [UInt8]) -> Void, _ cause: String) throws {
            var writer = UDIFWriter()
            writer.tables = [("a", [try .init(.raw, content), try .init(.raw, content)])]
            // The block table as bytes inside the property list.
            let image = try Self.changed(writer, change)
            let error = #expect(throws: FormatError.self) { try UDIFImage(MemorySource(image)) }
            #expect(error?.cause.contains(cause) == true, "\(error?.cause ?? "no error")")
        }
        // Runs begin at 0xcc; 40 bytes each: kind, sector at 8, sectors at 16, offset at 24, length at 32.
        try refused({ $0.set(UInt64(4), at: 0xcc + 40 + 8) }, "overlap")
        try refused({ $0.set(UInt64(1 << 40), at: 0xcc + 40 + 16) }, "outside of the disk")
        try refused({ $0.set(UInt64.max, at: 0xcc + 40 + 16) }, "larger than any file")
        try refused({ $0.set(UInt64(0), at: 0xcc + 40 + 24) }, "share bytes")
        try refused({ $0.set(UInt64(1 << 40), at: 0xcc + 24) }, "outside of the file")
        try refused({ $0.set(UInt64(100), at: 0xcc + 32) }, "another size")
        try refused({ $0.set(UInt32(0x8000_0009), at: 0xcc) }, "unknown codec")
        try refused({ $0.set(UInt32(1000), at: 0xc8) }, "fewer bytes")
        try refused({ $0.set(UInt64(1 << 60), at: 8) }, "is damaged")
    }

    @Test("A compressed run of more than 8 MiB is refused before memory is taken")
    func bomb() throws {
        var writer = UDIFWriter()
        writer.tables = [("a", [.init(.zlib, [UInt8](repeating: 0, count: 16 << 20), stored: [1, 2, 3])])]
        #expect(throws: FormatError.damaged("its block table \"a\" has a compressed run of more than 8 MiB")) {
            try UDIFImage(MemorySource(writer.image()))
        }
    }

    @Test("What is no image says what it is")
    func others() throws {
        let encrypted = Array("encrcdsa".utf8) + [UInt8](repeating: 0, count: 600)
        #expect(throws: FormatError.unsupported("the disk image is encrypted")) { try UDIFImage(MemorySource(encrypted)) }
        let text = try #require(throws: FormatError.self) { try UDIFImage(MemorySource(Compressors.sample(1000))) }
        #expect(text.cause.hasPrefix("it is no UDIF disk image"))
        #expect(throws: FormatError.self) { try UDIFImage(MemorySource([])) }
        var segments = try UDIFWriter(Self.disk(100), codecs: [.raw]).image()
        segments[segments.count - 512 + 0x3f] = 2
        #expect(throws: FormatError.unsupported("the disk image is in several files: join them on a Mac with hdiutil convert")) {
            try UDIFImage(MemorySource(segments))
        }
    }

    @Test("A run that cannot be decoded ends the work with its error, on any thread")
    func damagedRun() async throws {
        var writer = UDIFWriter()
        let content = Compressors.sample(4096)
        writer.tables = [("a", try (0..<50).map { try $0 == 33 ? .init(.zlib, content, stored: [1, 2, 3]) : .init(.zlib, content) })]
        let image = try UDIFImage(MemorySource(writer.image()))
        await #expect(throws: FormatError.self) { try await UDIFDecoder(image, workers: 2).decode(to: nil) }
        #expect(throws: FormatError.self) { try image.bytes(at: 33 * 4096, count: 1) }
        #expect(try image.bytes(at: 32 * 4096, count: 4096) == content)
    }

    /// The image with another block table.
    static func changed(_ writer: UDIFWriter, _ change: (inout [UInt8]) -> Void) throws -> [UInt8] {
        let image = writer.image()
        let start = try #require(image.firstRange(of: Array("<data>\n".utf8))?.upperBound)
        let end = try #require(image.firstRange(of: Array("\n</data>".utf8))?.lowerBound)
        var table = [UInt8](try #require(Data(base64Encoded: Data(image[start..<end]), options: .ignoreUnknownCharacters)))
        change(&table)
        let list = Array(Samples.base64(table).utf8)
        #expect(list.count == end - start)
        return Array(image[..<start]) + list + Array(image[end...])
    }
}

extension [UInt8] {
    mutating func set(_ number: some FixedWidthInteger, at offset: Int) {
        Swift.withUnsafeBytes(of: number.bigEndian) { replaceSubrange(offset..<(offset + $0.count), with: $0) }
    }
}

/// What 7zz says an archive holds.
enum Oracle {
    /// The disk of an image: 7zz shows its partitions as files, in their order.
    static func disk(of image: [UInt8]) throws -> [UInt8] {
        let directory = FileManager.default.temporaryDirectory.appending(path: "oracle-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: directory) }
        try Data(image).write(to: directory.appending(path: "a.dmg"))
        return try Samples.run("7zz", ["e", "-tDmg", "-so", "a.dmg"], in: directory)
    }
}
