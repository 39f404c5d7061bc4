package import DiskFormats

/// A file whose content is compressed, in the attribute com.apple.decmpfs or in the resource fork: most files of macOS since 10.6.
///
/// The attribute begins with the magic, the kind and the size; numbers are little-endian. The resource fork has blocks of 64 KiB.
package enum CompressedFile {
    private static let blockSize = 65536
    package static let attribute = "com.apple.decmpfs"
    /// Bytes that are decoded into memory at once; such files are programs and lists.
    private static let limit = 64 << 20

    /// - Parameters:
    ///   - bytes: the attribute's value.
    ///   - fork: gives the resource fork; called only for the kinds that use it.
    /// - Throws: `unsupported` for a kind that is not known; `damaged`, and what `fork` throws.
    package static func content(
        attribute bytes: [UInt8], fork: () throws(FormatError) -> any ByteSource
    ) throws(FormatError) -> any ByteSource {
        guard bytes.has("fpmc", at: 0), let kind = bytes.littleEndian(UInt32.self, at: 4),
            let size = bytes.littleEndian(UInt64.self, at: 8).flatMap({ Int(exactly: $0) })
        else { throw .damaged("the file is compressed, but its attribute \(attribute) is damaged") }
        guard size <= limit else { throw .unsupported("the file is compressed and larger than \(limit >> 20) MiB") }
        let inline = Array(bytes.dropFirst(16))
        switch kind {
        case 1: return MemorySource(inline)
        case 3: return MemorySource(try decode([inline], size: size, isStored: { $0 & 0x0f == 0x0f }, zlib))
        case 7: return MemorySource(try decode([inline], size: size, isStored: { $0 == 0x06 }, LZVN.decode))
        case 4: return MemorySource(try decode(try zlibBlocks(try all(of: fork)), size: size, isStored: { $0 & 0x0f == 0x0f }, zlib))
        case 8: return MemorySource(try decode(try blocks(try all(of: fork)), size: size, isStored: { $0 == 0x06 }, LZVN.decode))
        case 11: return MemorySource(try decode([inline], size: size, isStored: { _ in false }, lzfse))
        case 12: return MemorySource(try decode(try blocks(try all(of: fork)), size: size, isStored: { _ in false }, lzfse))
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
    private static func blocks(_ bytes: [UInt8]) throws(FormatError) -> [[UInt8]] {
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
    private static func zlibBlocks(_ bytes: [UInt8]) throws(FormatError) -> [[UInt8]] {
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

    private static func all(of fork: () throws(FormatError) -> any ByteSource) throws(FormatError) -> [UInt8] {
        let source = try fork()
        guard source.size <= limit else { throw .unsupported("the file is compressed and larger than \(limit >> 20) MiB") }
        return try source.bytes(at: 0, count: source.size)
    }

    private static let damage = FormatError.damaged("a compressed file is damaged")
}
