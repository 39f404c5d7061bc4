import DiskFormats
import MediaCodecs

/// A file whose content is compressed, in the attribute com.apple.decmpfs or in the resource fork: most files of macOS since 10.6.
///
/// The attribute begins with the magic, the kind and the size; numbers are little-endian. The resource fork has blocks of 64 KiB.
enum CompressedFile {
    private static let blockSize = 65536
    private static let attribute = "com.apple.decmpfs"
    /// Bytes that are decoded into memory at once; such files are programs and lists.
    private static let limit = 64 << 20

    static func content(of file: HFSPlusEntry, on volume: HFSPlusVolume) throws(FormatError) -> any ByteSource {
        guard let bytes = try Attributes.value(attribute, of: file.catalogID, on: volume), bytes.has("fpmc", at: 0),
            let kind = bytes.littleEndian(UInt32.self, at: 4),
            let size = bytes.littleEndian(UInt64.self, at: 8).flatMap({ Int(exactly: $0) })
        else { throw .damaged("the file is compressed, but its attribute \(attribute) is damaged") }
        guard size <= limit else { throw .unsupported("the file is compressed and larger than \(limit >> 20) MiB") }
        let inline = Array(bytes.dropFirst(16))
        switch kind {
        case 1: return MemorySource(inline)
        case 3: return MemorySource(try decode([inline], size: size, isStored: { $0 & 0x0f == 0x0f }, zlib))
        case 7: return MemorySource(try decode([inline], size: size, isStored: { $0 == 0x06 }, LZVN.decode))
        case 4: return MemorySource(try decode(try zlibBlocks(file, volume), size: size, isStored: { $0 & 0x0f == 0x0f }, zlib))
        case 8: return MemorySource(try decode(try blocks(file, volume), size: size, isStored: { $0 == 0x06 }, LZVN.decode))
        case 11: return MemorySource(try decode([inline], size: size, isStored: { _ in false }, lzfse))
        case 12: return MemorySource(try decode(try blocks(file, volume), size: size, isStored: { _ in false }, lzfse))
        default: throw .unsupported("the file is compressed in a way that this program does not know: decmpfs \(kind)")
        }
    }

    private static func zlib(_ input: UnsafeRawBufferPointer, _ output: UnsafeMutableRawBufferPointer) throws(FormatError) {
        var decoder = try InflateDecoder(.zlib)
        try decoder.decodeAll(input, into: output)
    }

    private static func lzfse(_ input: UnsafeRawBufferPointer, _ output: UnsafeMutableRawBufferPointer) throws(FormatError) {
        var decoder = LZFSEDecoder()
        try decoder.decode(input, into: output)
    }

    /// - Parameter isStored: whether a block with this first byte is stored as it is, behind that byte.
    private static func decode(
        _ blocks: [[UInt8]], size: Int, isStored: (UInt8) -> Bool,
        _ decoder: (UnsafeRawBufferPointer, UnsafeMutableRawBufferPointer) throws(FormatError) -> Void
    ) throws(FormatError) -> [UInt8] {
        guard blocks.count == 1 || blocks.count == (size + blockSize - 1) / blockSize else {
            throw .damaged("a compressed file has another number of blocks than its size needs")
        }
        // The one block of an attribute has all of the file.
        let whole = blocks.count == 1 ? max(size, 1) : blockSize
        return try [UInt8](count: size) { (buffer) throws(FormatError) in
            for (index, block) in blocks.enumerated() {
                let start = min(index * whole, size)
                let output = UnsafeMutableRawBufferPointer(rebasing: buffer[start..<min(size, start + whole)])
                try block.withBytes { (input) throws(FormatError) in
                    guard let first = input.first, isStored(first) else { return try decoder(input, output) }
                    guard input.count - 1 >= output.count else { throw .damaged("a compressed file is damaged") }
                    output.copyMemory(from: UnsafeRawBufferPointer(rebasing: input[1..<(1 + output.count)]))
                }
            }
        }
    }

    /// Kinds 8 and 12: offsets of all blocks and of the end, then the blocks.
    private static func blocks(_ file: HFSPlusEntry, _ volume: HFSPlusVolume) throws(FormatError) -> [[UInt8]] {
        let bytes = try fork(file, volume)
        guard let first = bytes.littleEndian(UInt32.self, at: 0), first >= 8, first.isMultiple(of: 4), first <= bytes.count else {
            throw damage
        }
        var blocks: [[UInt8]] = []
        for index in 0..<(Int(first) / 4 - 1) {
            guard let start = bytes.littleEndian(UInt32.self, at: 4 * index), let end = bytes.littleEndian(UInt32.self, at: 4 * index + 4),
                start >= first, start <= end, end <= bytes.count
            else { throw damage }
            blocks.append(Array(bytes[Int(start)..<Int(end)]))
        }
        return blocks
    }

    /// Kind 4: a resource with the number of blocks, where each is from there on, and how long.
    private static func zlibBlocks(_ file: HFSPlusEntry, _ volume: HFSPlusVolume) throws(FormatError) -> [[UInt8]] {
        let bytes = try fork(file, volume)
        // The resource begins behind its length.
        guard let data = bytes.bigEndian(UInt32.self, at: 0), case let table = Int(data) + 4,
            let count = bytes.littleEndian(UInt32.self, at: table), count <= limit / blockSize
        else { throw damage }
        var (blocks, total): ([[UInt8]], Int) = ([], 0)
        for index in 0..<Int(count) {
            guard let offset = bytes.littleEndian(UInt32.self, at: table + 4 + 8 * index),
                let size = bytes.littleEndian(UInt32.self, at: table + 8 + 8 * index), case let start = table + Int(offset),
                start <= bytes.count, size <= bytes.count - start
            else { throw damage }
            total += Int(size)
            guard total <= bytes.count else { throw damage }
            blocks.append(Array(bytes[start..<(start + Int(size))]))
        }
        return blocks
    }

    private static func fork(_ file: HFSPlusEntry, _ volume: HFSPlusVolume) throws(FormatError) -> [UInt8] {
        let source = try volume.resourceFork(file)
        guard source.size <= limit else { throw .unsupported("the file is compressed and larger than \(limit >> 20) MiB") }
        return try source.bytes(at: 0, count: source.size)
    }

    private static let damage = FormatError.damaged("a compressed file is damaged")
}

/// Extended attributes whose values are in the attributes' tree: TN1150, "Attributes File", and Apple's hfs_format.h.
enum Attributes {
    /// kHFSPlusAttrInlineData.
    private static let inline: UInt32 = 0x10

    /// nil when the file has no such attribute, or one that is not stored in the tree.
    static func value(_ name: String, of file: UInt32, on volume: HFSPlusVolume) throws(FormatError) -> [UInt8]? {
        guard let tree = volume.attributes else { return nil }
        let wanted = Array(name.utf16)
        let place = try tree.firstPlace { (node, index) throws(FormatError) in
            let (found, units) = try key(node, index)
            if found != file { return found < file ? -1 : 1 }
            return HFSPlusName.compareExactly(units, wanted)
        }
        guard let place, try key(place.node, place.index) == (file, wanted) else { return nil }
        let (at, end) = (try place.node.key(place.index).data, place.node.record(place.index).upperBound)
        let bytes = place.node.bytes
        // The kind, two numbers that are not used, the size, and the value.
        guard at + 16 <= end, bytes.bigEndian(UInt32.self, at: at) == inline, let size = bytes.bigEndian(UInt32.self, at: at + 12),
            size <= end - at - 16
        else { return nil }
        return Array(bytes[(at + 16)..<(at + 16 + Int(size))])
    }

    /// Less than 0 when the first record's key comes before the second's: by file, then name, then block.
    static func compare(_ left: BTreeNode, _ i: Int, _ right: BTreeNode, _ j: Int) throws(FormatError) -> Int {
        let (a, b) = (try key(left, i), try key(right, j))
        if a.0 != b.0 { return a.0 < b.0 ? -1 : 1 }
        let order = HFSPlusName.compareExactly(a.1, b.1)
        if order != 0 { return order }
        func start(_ node: BTreeNode, _ index: Int) throws(FormatError) -> UInt32 {
            node.bytes.bigEndian(UInt32.self, at: try node.key(index).key.lowerBound + 6) ?? 0
        }
        let (first, second) = (try start(left, i), try start(right, j))
        return first == second ? 0 : first < second ? -1 : 1
    }

    /// Two bytes of padding, the file, the block that an attribute in extents begins with, and the name.
    private static func key(_ node: BTreeNode, _ index: Int) throws(FormatError) -> (UInt32, [UInt16]) {
        let (key, _) = try node.key(index)
        guard key.count >= 12, let file = node.bytes.bigEndian(UInt32.self, at: key.lowerBound + 2),
            let count = node.bytes.bigEndian16(at: key.lowerBound + 10), 12 + 2 * Int(count) <= key.count
        else { throw .damaged("a key of the attributes is damaged") }
        return (file, (0..<Int(count)).map { node.bytes.bigEndian16(at: key.lowerBound + 12 + 2 * $0) ?? 0 })
    }
}
