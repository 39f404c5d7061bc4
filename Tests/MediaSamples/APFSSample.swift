package import DiskFormats
package import Foundation
import Glibc

/// An APFS container with a sealed System volume, a Data and a Preboot volume, which 7zz reads as well: made by apfs-sample.py.
package struct APFSSample: Sendable {
    /// Bytes of a block.
    package static let blockSize = 4096
    package static let size = 1 << 30
    package static let systemVersion = (version: "15.6.1", build: "24G90")

    private static let zeros = [UInt8](repeating: 0, count: blockSize)

    /// The blocks that are not all zero, by number.
    package let blocks: [Int: [UInt8]]

    /// - Parameter directory: gets container.apfs, and container.apfs.tree with the files of each volume.
    package static func make(in directory: URL) throws -> URL {
        let image = directory.appending(path: "container.apfs")
        try Samples.run(
            "python3", [URL(filePath: #filePath).deletingLastPathComponent().appending(path: "apfs-sample.py").path, image.path])
        return image
    }

    package init() throws {
        blocks = try Samples.withDirectory { directory in
            let file = try FileHandle(forReadingFrom: try Self.make(in: directory))
            defer { try? file.close() }
            // SEEK_DATA and SEEK_HOLE of linux/fs.h, which glibc declares under _GNU_SOURCE only.
            let (data, hole): (Int32, Int32) = (3, 4)
            var blocks: [Int: [UInt8]] = [:]
            var start = lseek(file.fileDescriptor, 0, data)
            while start >= 0 {
                let end = lseek(file.fileDescriptor, start, hole)
                try file.seek(toOffset: UInt64(start))
                let part = [UInt8](try file.read(upToCount: end - start) ?? Data())
                for offset in stride(from: 0, to: part.count, by: Self.blockSize) {
                    let block = Array(part[offset..<(offset + Self.blockSize)])
                    if block != Self.zeros { blocks[(start + offset) / Self.blockSize] = block }
                }
                start = lseek(file.fileDescriptor, end, data)
            }
            return blocks
        }
    }

    /// The container, with a block replaced.
    package func source(replacing block: Int? = nil, with bytes: [UInt8] = []) -> any ByteSource {
        var blocks = blocks
        if let block { blocks[block] = bytes }
        return BlockMap(blocks: blocks)
    }

    /// The block with the right checksum: Apple File System Reference, "Object Checksum"; an own implementation, against which the reader's
    /// is tested.
    package static func sealed(_ block: [UInt8]) -> [UInt8] {
        var (low, high): (UInt64, UInt64) = (0, 0)
        for offset in stride(from: 8, to: block.count, by: 4) {
            let word = (0..<4).reversed().reduce(UInt64(0)) { $0 << 8 | UInt64(block[offset + $1]) }
            low = (low + word) % 0xffff_ffff
            high = (high + low) % 0xffff_ffff
        }
        let first = 0xffff_ffff - (low + high) % 0xffff_ffff
        let second = 0xffff_ffff - (low + first) % 0xffff_ffff
        return withUnsafeBytes(of: (second << 32 | first).littleEndian) { Array($0) } + block[8...]
    }
}

private struct BlockMap: ByteSource {
    let blocks: [Int: [UInt8]]
    var size: Int { APFSSample.size }

    func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int) throws(FormatError) {
        guard contains(offset, buffer.count) else { throw .damaged("outside") }
        var done = 0
        while done < buffer.count {
            let (block, start) = (offset + done).quotientAndRemainder(dividingBy: APFSSample.blockSize)
            let count = min(buffer.count - done, APFSSample.blockSize - start)
            let target = UnsafeMutableRawBufferPointer(rebasing: buffer[done..<(done + count)])
            if let bytes = blocks[block] {
                bytes.withUnsafeBytes { target.copyMemory(from: UnsafeRawBufferPointer(rebasing: $0[start..<(start + count)])) }
            } else {
                target.initializeMemory(as: UInt8.self, repeating: 0)
            }
            done += count
        }
    }
}
