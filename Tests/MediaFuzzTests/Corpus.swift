import DiskFormats
import Foundation
import MediaSamples
import TestSupport

@testable import AppleMedia
@testable import HFSPlus

/// Good inputs, small, so that there is time for many changes.
struct Corpus {
    struct Vector {
        var data: [UInt8]
        var count: Int
    }

    let lzfse: [Vector]
    let lzvn, adc: Vector
    let table, xml, zip, cpio, map: [UInt8]
    let images, pbzx: [[UInt8]]
    let volume: [UInt8]
    /// Where the structures of the volume are.
    let volumeParts: [Range<Int>]

    let apfs: APFSSample?
    /// Blocks of metadata: an identifier and a type, or a node without a header.
    let apfsBlocks: [Int]

    /// - Parameter withAPFS: takes a second.
    init(withAPFS: Bool) throws {
        lzfse = LZFSEVector.all.filter { $0.data.utf8.count < 6000 }.map { Vector(data: Samples.hex($0.data), count: $0.count) }
        // The block's header is 12 bytes, the end mark 4.
        guard let block = lzfse.first(where: { $0.data.starts(with: Array("bvxn".utf8)) }) else { throw Samples.Failure("no LZVN vector") }
        lzvn = Vector(data: Array(block.data[12..<(block.data.count - 4)]), count: block.count)
        let text = Compressors.sample(1500)
        adc = Vector(data: Compressors.adc(text), count: text.count)
        var writer = UDIFWriter()
        writer.tables = [("a", try UDIFWriter.Codec.allCases.map { try .init($0, Compressors.sample(1024, seed: 3)) })]
        images = [writer.image()]
        table = Self.table
        xml = Array(Self.xml.utf8)
        zip = try Samples.withDirectory { directory in
            try Data(text).write(to: directory.appending(path: "text"))
            try Data([1, 2, 3]).write(to: directory.appending(path: "bytes"))
            try Samples.run("zip", ["-q", "a.zip", "text", "bytes"], in: directory)
            return [UInt8](try Data(contentsOf: directory.appending(path: "a.zip")))
        }
        cpio = Self.cpio
        let packed = try Compressors.xz(text)
        // The second one stores its chunk as it is, so that changes of its content are no damage.
        pbzx = [packed, text].map { chunk in
            Array("pbzx".utf8) + Self.number(UInt64(1 << 24)) + Self.number(UInt64(text.count)) + Self.number(UInt64(chunk.count)) + chunk
        }
        map = Self.map
        (volume, volumeParts) = try Self.volume()
        apfs = withAPFS ? try APFSSample() : nil
        apfsBlocks = (apfs?.blocks ?? [:]).filter {
            [1, 2, 3, 11, 13].contains($0.value[24]) || $0.value.prefix(32).allSatisfy { $0 == 0 }
        }.keys
            .sorted()
    }

    func xar(_ table: [UInt8]) -> [UInt8] {
        guard let packed = try? Compressors.zlib(table) else { return [] }
        let sizes = [packed.count, table.count].flatMap { number in withUnsafeBytes(of: UInt64(number).bigEndian) { Array($0) } }
        return Array("xar!".utf8) + [0, 28, 0, 1] + sizes + [0, 0, 0, 0] + packed + [UInt8](repeating: 65, count: 100)
    }

    private static func number(_ value: some FixedWidthInteger) -> [UInt8] { withUnsafeBytes(of: value.bigEndian) { Array($0) } }

    /// Three runs: raw, zeros, zlib.
    private static var table: [UInt8] {
        var bytes = Array("mish".utf8) + number(UInt32(1)) + number(UInt64(0)) + number(UInt64(30)) + number(UInt64(0))
        bytes += [UInt8](repeating: 0, count: 32) + number(UInt32(2)) + number(UInt32(32)) + [UInt8](repeating: 0, count: 128)
        bytes += number(UInt32(3))
        for (index, kind) in [UInt32(1), 0, 0x8000_0005].enumerated() {
            bytes += number(kind) + number(UInt32(0)) + number(UInt64(10 * index)) + number(UInt64(10))
            bytes += number(UInt64(index == 2 ? 5120 : 0)) + number(UInt64(index == 1 ? 0 : 5120))
        }
        return bytes
    }

    private static let xml = """
        <?xml version="1.0"?><!-- a comment --><xar><toc><checksum style="sha1"><offset>0</offset><size>20</size></checksum>
        <file id="1"><name>a &amp; b</name><type>directory</type><file id="2"><name>c</name><type>file</type><data>
        <length>30</length><offset>20</offset><size>30</size><encoding style="application/octet-stream"/></data></file></file>
        <signature style="RSA"><offset>50</offset><size>8</size><KeyInfo><X509Data><X509Certificate>AAEC</X509Certificate></X509Data>
        </KeyInfo></signature><![CDATA[ text ]]></toc></xar>
        """

    private static var cpio: [UInt8] {
        func entry(_ name: String, _ content: String, mode: String) -> String {
            func octal(_ value: Int, _ width: Int) -> String {
                let digits = String(value, radix: 8)
                return String(repeating: "0", count: width - digits.count) + digits
            }
            return "070707" + "000001" + "000002" + mode + "000000" + "000000" + "000001" + "000000" + octal(0, 11)
                + octal(name.utf8.count + 1, 6)
                + octal(content.utf8.count, 11) + name + "\u{0}" + content
        }
        return Array(
            (entry("./a", "content", mode: "100644") + entry("./b", "a", mode: "120755") + entry("TRAILER!!!", "", mode: "000000")).utf8)
    }

    private static var map: [UInt8] {
        var bytes = Array("ER".utf8) + number(UInt16(512)) + [UInt8](repeating: 0, count: 508)
        for (index, type) in ["Apple_partition_map", "Apple_HFS"].enumerated() {
            var entry = Array("PM".utf8) + number(UInt16(0)) + number(UInt32(2)) + number(UInt32(1 + 10 * index)) + number(UInt32(10))
            entry += Array("name".utf8) + [UInt8](repeating: 0, count: 28) + Array(type.utf8)
            bytes += entry + [UInt8](repeating: 0, count: 512 - entry.count)
        }
        return bytes + [UInt8](repeating: 0, count: 16384)
    }

    private static func volume() throws -> ([UInt8], [Range<Int>]) {
        var contents = VolumeContents()
        try contents.addDirectory("dir")
        for index in 0..<60 { try contents.addFile("dir/file \(index)", content: MemorySource([UInt8(index)])) }
        try contents.addHardLink("dir/other", to: "dir/file 7")
        try contents.addLink("link", to: "dir")
        let layout = try VolumeLayout(contents, name: "Fuzz", identifier: 1, created: 0, spare: 0, catalogNodeSize: 1024)
        let sink = MemorySink(size: layout.size)
        try layout.write(to: sink)
        let header = try HFSPlusVolume(MemorySource(sink.bytes)).header
        let parts = [header.extents, header.catalog, header.attributeFile, header.allocation].compactMap { fork -> Range<Int>? in
            fork.extents.first.map { (Int($0.start) * 4096)..<($0.end * 4096) }
        }
        // Headers and descriptors twice as often as the rest of a tree.
        return (sink.bytes, [1024..<1536, 1024..<1536] + parts.map { $0.lowerBound..<($0.lowerBound + 256) } + parts)
    }
}

/// Bytes with some of them changed, without a copy of the rest.
struct PatchedSource: ByteSource {
    private let base: [UInt8]
    private var patches: [Int: UInt8] = [:]
    var size: Int { base.count }

    /// - Parameter parts: where the changes are.
    init(_ base: [UInt8], _ random: inout SplitMix64, within parts: [Range<Int>]) {
        self.base = base
        for _ in 0..<Int.random(in: 1...4, using: &random) {
            let part = random.pick(parts)
            let at = Int.random(in: part, using: &random)
            let value: UInt8 = random.pick([0, 1, 0xff, 0x80, base[at] ^ 1, base[at] &+ 1, UInt8.random(in: 0...255, using: &random)])
            for index in at..<min(base.count, at + random.pick([1, 1, 1, 2, 4])) { patches[index] = value }
        }
    }

    func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int) throws(FormatError) {
        guard contains(offset, buffer.count) else { throw .damaged("outside") }
        base.withUnsafeBytes { buffer.copyMemory(from: UnsafeRawBufferPointer(rebasing: $0[offset..<(offset + buffer.count)])) }
        for (at, value) in patches where at >= offset && at - offset < buffer.count { buffer[at - offset] = value }
    }
}
