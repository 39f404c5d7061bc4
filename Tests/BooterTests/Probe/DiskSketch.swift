import SystemPackage

@testable import Booter
@testable import DiskFormats

/// A disk in memory: mostly zeros, with what a test writes to it.
struct DiskSketch {
    var size: Int
    var blockSize = 512
    private(set) var head: [UInt8]
    private(set) var tail: [UInt8]
    private static let kept = 64 << 10

    init(size: Int, blockSize: Int = 512) {
        self.size = size
        self.blockSize = blockSize
        head = [UInt8](repeating: 0, count: min(size, Self.kept))
        tail = [UInt8](repeating: 0, count: min(size, Self.kept))
    }

    init(head: [UInt8], size: Int, blockSize: Int = 512) {
        self.init(size: size, blockSize: blockSize)
        write(head, at: 0)
    }

    mutating func write(_ bytes: [UInt8], at offset: Int) {
        for (index, byte) in bytes.enumerated() {
            let position = offset + index
            if position < head.count { head[position] = byte }
            if position >= size - tail.count, position < size { tail[position - (size - tail.count)] = byte }
        }
    }

    mutating func write(_ text: String, at offset: Int) { write(Array(text.utf8), at: offset) }
    mutating func write(number: UInt64, bytes: Int, at offset: Int) {
        write((0..<bytes).map { UInt8(truncatingIfNeeded: number >> UInt64(8 * $0)) }, at: offset)
    }

    var source: BlockSource {
        let disk = self
        return BlockSource(size: size, blockSize: blockSize) { (offset, count) throws(Errno) -> [UInt8] in disk.bytes(offset, count) }
    }

    func bytes(_ offset: Int, _ count: Int) -> [UInt8] {
        guard offset >= 0, count >= 0, offset <= size else { return [] }
        return (offset..<min(offset + count, size)).map { position in
            position < head.count ? head[position] : position >= size - tail.count ? tail[position - (size - tail.count)] : 0
        }
    }

    mutating func mbr(_ entries: [(type: UInt8, first: UInt32, count: UInt32)]) {
        for (index, entry) in entries.enumerated() {
            let at = 446 + 16 * index
            write([entry.type], at: at + 4)
            write(number: UInt64(entry.first), bytes: 4, at: at + 8)
            write(number: UInt64(entry.count), bytes: 4, at: at + 12)
        }
        write([0x55, 0xaa], at: 510)
    }

    struct GPTOptions {
        var block = 1
        var entriesBlock = 2
        var count = 128
        var entrySize = 128
        var headerSize = 92
    }

    /// A header and its entries; further fields are for a test to spoil before `seal`.
    mutating func gpt(_ partitions: [(type: String, name: String, first: UInt64, last: UInt64)], _ options: GPTOptions = GPTOptions()) {
        let entries = options.entriesBlock * blockSize
        for (index, partition) in partitions.enumerated() {
            let at = entries + index * options.entrySize
            write(Self.guid(partition.type), at: at)
            write([UInt8](repeating: UInt8(index + 1), count: 16), at: at + 16)
            write(number: partition.first, bytes: 8, at: at + 32)
            write(number: partition.last, bytes: 8, at: at + 40)
            write(partition.name.utf16.prefix(36).flatMap { [UInt8($0 & 0xff), UInt8($0 >> 8)] }, at: at + 56)
        }
        let header = options.block * blockSize
        write("EFI PART", at: header)
        write(number: 0x10000, bytes: 4, at: header + 8)
        write(number: UInt64(options.headerSize), bytes: 4, at: header + 12)
        write(number: UInt64(options.block), bytes: 8, at: header + 24)
        write(number: UInt64(options.entriesBlock), bytes: 8, at: header + 72)
        write(number: UInt64(options.count), bytes: 4, at: header + 80)
        write(number: UInt64(options.entrySize), bytes: 4, at: header + 84)
        seal(block: options.block)
    }

    /// Makes both checksums right for what stands there.
    mutating func seal(block: Int) {
        let header = block * blockSize
        let fields = bytes(header, blockSize)
        if let first = fields.littleEndian(UInt64.self, at: 72), let count = fields.littleEndian(UInt32.self, at: 80),
            let size = fields.littleEndian(UInt32.self, at: 84), first < 1 << 40, UInt64(count) * UInt64(size) < 1 << 22
        {
            write(number: UInt64(CRC32.checksum(bytes(Int(first) * blockSize, Int(count) * Int(size)))), bytes: 4, at: header + 88)
        }
        write(number: 0, bytes: 4, at: header + 16)
        let length = min(Int(fields.littleEndian(UInt32.self, at: 12) ?? 0), blockSize)
        write(number: UInt64(CRC32.checksum(bytes(header, length))), bytes: 4, at: header + 16)
    }

    static func guid(_ text: String) -> [UInt8] {
        let digits = text.filter { $0 != "-" }
        let bytes = stride(from: 0, to: 32, by: 2).map { UInt8(digits.dropFirst($0).prefix(2), radix: 16) ?? 0 }
        return [3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15].map { bytes[$0] }
    }

    static let apfs = "7C3457EF-0000-11AA-AA11-00306543ECAC"
    static let esp = "C12A7328-F81F-11D2-BA4B-00A0C93EC93B"
}
