import DiskFormats

/// The content of a file: its extents in the container, and zeros where it has none.
struct ExtentSource: ByteSource {
    struct Extent: Equatable, Sendable {
        /// Bytes from the start of the file.
        var start, count: Int
        /// Bytes from the start of the container; nil for a hole.
        var place: Int?
    }

    let size: Int
    private let source: any ByteSource
    /// In the order of the file, without overlap.
    private let extents: [Extent]

    /// - Throws: `damaged` for extents that overlap, or are not within the container.
    init(size: Int, _ extents: [Extent], in source: any ByteSource) throws(FormatError) {
        var end = 0
        for extent in extents {
            guard extent.start >= end, extent.count > 0, case let (next, overflow) = extent.start.addingReportingOverflow(extent.count),
                !overflow, extent.place.map({ source.contains($0, extent.count) }) ?? true
            else { throw .damaged("the extents of a file of the APFS volume overlap, or are not within it") }
            end = next
        }
        (self.size, self.extents, self.source) = (size, extents, source)
    }

    func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int) throws(FormatError) {
        guard contains(offset, buffer.count) else {
            throw .damaged("bytes \(offset) to \(offset &+ buffer.count) are outside of its \(size) bytes")
        }
        var done = 0
        var index = first(endingAfter: offset)
        while done < buffer.count {
            let position = offset + done
            let extent = index < extents.count ? extents[index] : nil
            let part = UnsafeMutableRawBufferPointer(rebasing: buffer[done...])
            if let extent, extent.start <= position {
                let skipped = position - extent.start
                let count = min(part.count, extent.count - skipped)
                let target = UnsafeMutableRawBufferPointer(rebasing: part[..<count])
                if let place = extent.place {
                    try source.read(into: target, at: place + skipped)
                } else {
                    target.initializeMemory(as: UInt8.self, repeating: 0)
                }
                done += count
                index += 1
            } else {
                let count = min(part.count, (extent?.start ?? Int.max) - position)
                UnsafeMutableRawBufferPointer(rebasing: part[..<count]).initializeMemory(as: UInt8.self, repeating: 0)
                done += count
            }
        }
    }

    func extent(at offset: Int, count: Int) -> FileExtent? {
        let index = first(endingAfter: offset)
        guard contains(offset, count), index < extents.count, let place = extents[index].place, extents[index].start <= offset else {
            return nil
        }
        let skipped = offset - extents[index].start
        return source.extent(at: place + skipped, count: min(count, extents[index].count - skipped))
    }

    private func first(endingAfter offset: Int) -> Int {
        var (low, high) = (0, extents.count)
        while low < high {
            let middle = (low + high) / 2
            if extents[middle].start + extents[middle].count <= offset { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
