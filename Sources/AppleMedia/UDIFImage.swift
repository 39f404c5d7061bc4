package import DiskFormats
import MediaCodecs
import Synchronization

/// A UDIF disk image (.dmg), read as the disk that it holds.
///
/// It can be a file, the tail of an installer package, or a file in a volume of another image. Reading decodes the runs that are asked
/// for and keeps the last few; `UDIFDecoder` decodes all of them on all cores and verifies the checksums.
package final class UDIFImage: ByteSource {
    package let size: Int
    let source: any ByteSource
    let trailer: UDIFTrailer
    let tables: [UDIFTable]
    /// Of all tables, in the order of the disk, without overlap.
    let runs: [UDIFRun]

    /// Whether the last bytes are those of a UDIF disk image.
    package static func recognizes(_ source: any ByteSource) -> Bool {
        guard source.size >= UDIFTrailer.size, let bytes = try? source.bytes(at: source.size - UDIFTrailer.size, count: 4) else {
            return false
        }
        return bytes.has("koly", at: 0)
    }

    /// - Throws: `damaged`; `unsupported` for an encrypted image, one in several files, or an unknown codec.
    package init(_ source: any ByteSource) throws(FormatError) {
        self.source = source
        trailer = try UDIFTrailer(source)
        size = trailer.sectors << 9
        var tables: [UDIFTable] = []
        for resource in try UDIFResources.blockTables(trailer, source) {
            tables.append(
                try UDIFTable(
                    resource.data, name: resource.name, base: trailer.start + trailer.dataFork.lowerBound,
                    end: source.size - UDIFTrailer.size, sectors: trailer.sectors))
        }
        self.tables = tables
        runs = tables.flatMap(\.runs).sorted { $0.offset < $1.offset }
        for (run, next) in zip(runs, runs.dropFirst()) where next.offset < run.offset + run.count {
            throw .damaged("its block tables overlap")
        }
        // A bomb would decode the same bytes again and again.
        let stored = runs.filter { $0.storedCount > 0 }.sorted { $0.storedOffset < $1.storedOffset }
        for (run, next) in zip(stored, stored.dropFirst()) where next.storedOffset < run.storedOffset + run.storedCount {
            throw .damaged("its runs share bytes of the file")
        }
    }

    /// Bytes of the file before the image, where it is the tail of a package.
    package var start: Int { trailer.start }

    /// The names of the codecs in use, in the order of their first run.
    package var codecs: [String] {
        var names: [String] = []
        for run in runs where !run.codec.isEmpty && !names.contains(run.codec.name) { names.append(run.codec.name) }
        return names
    }

    /// The names of the block tables.
    package var tableNames: [String] { tables.map(\.name) }

    // MARK: Random access

    private let cache = Mutex<[CachedRun]>([])
    private struct CachedRun {
        var index: Int
        var bytes: [UInt8]
    }
    /// Two threads that read each their part, and what lies across the end of a run.
    private static let cacheLimit = 4

    package func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int) throws(FormatError) {
        guard contains(offset, buffer.count) else {
            throw .damaged("bytes \(offset) to \(offset &+ buffer.count) are outside of the disk's \(size)")
        }
        var (done, index) = (0, firstRun(endingAfter: offset))
        while done < buffer.count {
            let at = offset + done
            guard index < runs.count, runs[index].offset < offset + buffer.count else {
                zero(buffer, done, buffer.count)
                return
            }
            let run = runs[index]
            if at < run.offset {
                // Sectors that no table covers.
                zero(buffer, done, run.offset - offset)
                done = run.offset - offset
                continue
            }
            let count = min(run.offset + run.count - at, buffer.count - done)
            let part = UnsafeMutableRawBufferPointer(rebasing: buffer[done..<(done + count)])
            switch run.codec {
            case .zero, .ignored: zero(part, 0, count)
            case .raw: try source.read(into: part, at: run.storedOffset + at - run.offset)
            default:
                let bytes = try decoded(index)
                bytes.withUnsafeBytes {
                    part.copyMemory(from: UnsafeRawBufferPointer(rebasing: $0[(at - run.offset)..<(at - run.offset + count)]))
                }
            }
            done += count
            index += 1
        }
    }

    /// Raw runs lie in the file as they are.
    package func extent(at offset: Int, count: Int) -> FileExtent? {
        guard contains(offset, count), count > 0, case let index = firstRun(endingAfter: offset), index < runs.count else { return nil }
        let run = runs[index]
        guard run.codec == .raw, run.offset <= offset else { return nil }
        return source.extent(at: run.storedOffset + offset - run.offset, count: min(count, run.offset + run.count - offset))
    }

    private func zero(_ buffer: UnsafeMutableRawBufferPointer, _ from: Int, _ to: Int) {
        UnsafeMutableRawBufferPointer(rebasing: buffer[from..<min(to, buffer.count)]).initializeMemory(as: UInt8.self, repeating: 0)
    }

    /// The index of the first run that ends behind `offset`.
    private func firstRun(endingAfter offset: Int) -> Int {
        var (low, high) = (0, runs.count)
        while low < high {
            let middle = (low + high) / 2
            if runs[middle].offset + runs[middle].count > offset { high = middle } else { low = middle + 1 }
        }
        return low
    }

    private func decoded(_ index: Int) throws(FormatError) -> [UInt8] {
        let found = cache.withLock { cache -> [UInt8]? in
            guard let at = cache.firstIndex(where: { $0.index == index }) else { return nil }
            let run = cache.remove(at: at)
            cache.append(run)
            return run.bytes
        }
        if let found { return found }
        // Decoded without the lock, so that threads do not wait for each other. Two may decode the same.
        let run = runs[index]
        let input = try source.bytes(at: run.storedOffset, count: run.storedCount)
        let bytes = try [UInt8](count: run.count) { (output) throws(FormatError) in
            var decoder = UDIFRunDecoder()
            try input.withBytes { (stored) throws(FormatError) in try decoder.decode(run.codec, stored, into: output) }
        }
        cache.withLock { cache in
            if cache.count >= Self.cacheLimit { cache.removeFirst() }
            cache.append(CachedRun(index: index, bytes: bytes))
        }
        return bytes
    }
}
