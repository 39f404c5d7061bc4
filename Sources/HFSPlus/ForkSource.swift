import DiskFormats

/// The content of a fork, read through its extents.
struct ForkSource: ByteSource {
    let size: Int
    private let volume: any ByteSource
    private let blockSize: Int
    /// In the order of the file, with the byte of the file that each begins with.
    private let extents: [(start: Int, extent: Fork.Extent)]

    /// - Parameter extents: all of the fork's.
    /// - Throws: `damaged` when they are outside of the volume, or too few.
    init(_ size: UInt64, _ extents: [Fork.Extent], _ header: VolumeHeader, _ volume: any ByteSource) throws(FormatError) {
        (self.volume, blockSize) = (volume, Int(header.blockSize))
        var (next, list): (Int, [(start: Int, extent: Fork.Extent)]) = (0, [])
        for extent in extents {
            guard extent.end <= Int(header.blocks) else { throw .damaged("a file lies outside of its volume") }
            list.append((next, extent))
            // 32 bits of blocks, each below 2^28 bytes, in an array that was read from a volume: no overflow.
            next += Int(extent.count) * blockSize
        }
        guard let size = Int(exactly: size), size <= next else { throw .damaged("a file has fewer blocks than its size needs") }
        (self.size, self.extents) = (size, list)
    }

    func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int) throws(FormatError) {
        guard contains(offset, buffer.count) else {
            throw .damaged("bytes \(offset) to \(offset &+ buffer.count) are outside of its \(size) bytes")
        }
        var done = 0
        while done < buffer.count {
            let (place, count) = place(offset + done, buffer.count - done)
            guard count > 0, volume.contains(place, count) else { throw .damaged("a file lies outside of its volume") }
            try volume.read(into: UnsafeMutableRawBufferPointer(rebasing: buffer[done..<(done + count)]), at: place)
            done += count
        }
    }

    func extent(at offset: Int, count: Int) -> FileExtent? {
        guard contains(offset, count), count > 0, case let (place, count) = place(offset, count), count > 0 else { return nil }
        return volume.extent(at: place, count: count)
    }

    /// Where a byte of the file is in the volume, and how many follow it there, at most `count`.
    private func place(_ offset: Int, _ count: Int) -> (Int, Int) {
        var (low, high) = (0, extents.count)
        // The last extent that begins at or before the byte.
        while high - low > 1 {
            let middle = (low + high) / 2
            if extents[middle].start <= offset { low = middle } else { high = middle }
        }
        guard low < extents.count else { return (0, 0) }
        let (start, extent) = extents[low]
        return (Int(extent.start) * blockSize + offset - start, min(count, start + Int(extent.count) * blockSize - offset))
    }
}
