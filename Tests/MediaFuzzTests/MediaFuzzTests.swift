import DiskFormats
import Foundation
import MediaCodecs
import MediaSamples
import TestSupport
import Testing

@testable import APFS
@testable import AppleMedia
@testable import HFSPlus

/// Every parser and decoder with inputs that were changed at random: each ends with a result or a `FormatError`, in bounded memory.
///
/// `FUZZ` in the environment is the number of executions over all parsers; `make fuzz` runs ten million with AddressSanitizer, which
/// finds what a release build would not notice. `FUZZ_SEED` begins elsewhere, `FUZZ_PARSER` runs one of them only.
struct MediaFuzzTests {
    private static let executions = ProcessInfo.processInfo.environment["FUZZ"].flatMap { Int($0) } ?? 20000
    private static let seed = ProcessInfo.processInfo.environment["FUZZ_SEED"].flatMap { UInt64($0) } ?? 1

    private static let parsers = Parser.allCases.filter { parser in
        ProcessInfo.processInfo.environment["FUZZ_PARSER"].map { $0 == parser.rawValue } ?? true
    }

    /// Parsers with their share of the executions, in thousandths.
    enum Parser: String, CaseIterable, CustomTestStringConvertible {
        case lzfse, lzvn, adc, table, image, xml, xar, zip, cpio, pbzx, partitions, volume, check, apfs
        var testDescription: String { rawValue }

        var share: Int {
            switch self {
            case .lzfse: 250
            case .lzvn: 250
            case .adc: 150
            case .table: 100
            case .xml: 100
            case .cpio: 50
            case .zip, .partitions: 30
            case .image, .xar: 15
            case .pbzx: 5
            case .volume: 4
            case .check, .apfs: 1
            }
        }
    }

    @Test("Changed inputs end with a result or an error", arguments: parsers)
    func fuzz(_ parser: Parser) throws {
        var random = SplitMix64(seed: Self.seed &* 1000 &+ UInt64(parser.share))
        let corpus = try Corpus(withAPFS: parser == .apfs)
        let count = max(20, Self.executions / 1000 * parser.share)
        var results = 0
        for _ in 0..<count where run(parser, corpus, &random) { results += 1 }
        // Changes that always break the input would test nothing behind the first check.
        #expect(results > 0, "none of \(count) changed inputs was accepted")
        #expect(Self.peakMemory < 1 << 30, "\(parser.rawValue) took \(Self.peakMemory >> 20) MiB")
    }

    /// - Returns: whether the input was accepted.
    private func run(_ parser: Parser, _ corpus: Corpus, _ random: inout SplitMix64) -> Bool {
        do throws(FormatError) {
            switch parser {
            case .lzfse:
                let vector = random.pick(corpus.lzfse)
                let data = random.changed(vector.data)
                try decode(data, count: random.near(vector.count)) { (input, output) throws(FormatError) in
                    var decoder = LZFSEDecoder()
                    try decoder.decode(input, into: output)
                }
            case .lzvn:
                let data = random.changed(corpus.lzvn.data)
                try decode(data, count: random.near(corpus.lzvn.count), LZVN.decode)
            case .adc:
                let data = random.changed(corpus.adc.data)
                try decode(data, count: random.near(corpus.adc.count), ADC.decode)
            case .table:
                let bytes = random.changed(corpus.table)
                _ = try UDIFTable(bytes, name: "a", base: 0, end: 1 << 20, sectors: 100)
            case .image:
                let image = try UDIFImage(MemorySource(random.changed(random.pick(corpus.images))))
                let count = min(image.size, 70000)
                _ = try image.bytes(at: image.size - count, count: count)
            case .xml:
                let tree = try XMLTree(random.changed(corpus.xml))
                _ = tree.root.child("toc").map { tree.text($0) }
            case .xar:
                let archive = try XarArchive(MemorySource(corpus.xar(random.changed(corpus.xml))))
                for entry in archive.entries.prefix(8) { _ = try archive.stream(entry).remainder(limit: 1 << 16) }
            case .zip:
                let archive = try ZipArchive(MemorySource(random.changed(corpus.zip)))
                for entry in archive.entries.prefix(8) { _ = try archive.stream(entry).remainder(limit: 1 << 16) }
            case .cpio:
                let reader = CpioReader(SourceStream(MemorySource(random.changed(corpus.cpio))))
                while try reader.next() != nil {}
            case .pbzx: _ = try PbzxStream(SourceStream(MemorySource(random.changed(random.pick(corpus.pbzx))))).remainder(limit: 1 << 20)
            case .partitions:
                let source = PatchedSource(corpus.map, &random, within: [0..<512, 512..<1600])
                _ = try ApplePartitionMap.entries(source)
            case .volume:
                let volume = try HFSPlusVolume(PatchedSource(corpus.volume, &random, within: corpus.volumeParts))
                _ = try volume.entry("dir/file 3")
                var left = 2000
                try volume.forEach { (_, entry) throws(FormatError) in
                    left -= 1
                    guard left > 0 else { throw .interrupted }
                    if entry.kind == .file { _ = try? volume.content(of: entry).head(100) }
                }
            case .apfs:
                guard let sample = corpus.apfs else { return false }
                let block = random.pick(corpus.apfsBlocks)
                var bytes = random.changed(sample.blocks[block] ?? [])
                bytes.removeLast(max(0, bytes.count - APFSSample.blockSize))
                bytes += [UInt8](repeating: 0, count: APFSSample.blockSize - bytes.count)
                // A node without a header has no checksum.
                if bytes.prefix(32).contains(where: { $0 != 0 }) { bytes = APFSSample.sealed(bytes) }
                var left = 2000
                for volume in try APFSContainer(sample.source(replacing: block, with: bytes)).volumes {
                    try volume.forEach { (_, entry) throws(FormatError) in
                        left -= 1
                        guard left > 0 else { throw .interrupted }
                        if entry.kind == .file { _ = try? volume.content(of: entry).head(100) }
                        if entry.kind == .link { _ = try? volume.target(of: entry) }
                    }
                }
            case .check: _ = try VolumeChecker.problems(of: PatchedSource(corpus.volume, &random, within: corpus.volumeParts))
            }
            return true
        } catch {
            return false
        }
    }

    private func decode(
        _ data: [UInt8], count: Int,
        _ decoder: (UnsafeRawBufferPointer, UnsafeMutableRawBufferPointer) throws(FormatError) -> Void
    ) throws(FormatError) {
        // Exactly as long, each in its own allocation, so that a byte too far is seen.
        _ = try [UInt8](count: count) { (output) throws(FormatError) in
            try data.withBytes { (input) throws(FormatError) in try decoder(input, output) }
        }
    }

    /// Bytes that this process had at most: VmHWM.
    private static var peakMemory: Int {
        let status = (try? String(contentsOfFile: "/proc/self/status", encoding: .utf8)) ?? ""
        let line = status.split(separator: "\n").first { $0.hasPrefix("VmHWM:") }
        return (line?.split(separator: " ").dropFirst().first.flatMap { Int($0.filter(\.isNumber)) } ?? 0) << 10
    }
}

extension SplitMix64 {
    mutating func pick<Element>(_ items: [Element]) -> Element { items[Int.random(in: 0..<items.count, using: &self)] }

    /// A size close to the right one, mostly the right one.
    mutating func near(_ count: Int) -> Int {
        switch Int.random(in: 0..<4, using: &self) {
        case 0: max(0, count + Int.random(in: -9...9, using: &self))
        default: count
        }
    }

    /// One input in five as it is but for one byte, so that the checks behind the first are reached.
    mutating func changed(_ bytes: [UInt8]) -> [UInt8] {
        guard Int.random(in: 0..<5, using: &self) == 0, !bytes.isEmpty else { return mutated(bytes) }
        var copy = bytes
        copy[Int.random(in: 0..<copy.count, using: &self)] ^= 1 << UInt8.random(in: 0...7, using: &self)
        return copy
    }
}
