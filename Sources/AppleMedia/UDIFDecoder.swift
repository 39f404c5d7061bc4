package import DiskFormats
import MediaCodecs
import Synchronization

/// Decodes a whole disk image on several threads, and verifies its three kinds of checksums on the way.
///
/// Each thread takes the next run, reads, decodes and writes it. Memory stays below one compressed and one decoded run a thread.
package struct UDIFDecoder: Sendable {
    private let image: UDIFImage
    /// Threads.
    private let workers: Int

    /// - Parameter workers: threads; the machine's cores are the usual choice.
    package init(_ image: UDIFImage, workers: Int) {
        self.image = image
        // What one of them needs at most: the largest run twice, and the dictionary of a codec.
        let largest = image.runs.filter(\.codec.isCompressed).map { max($0.count, $0.storedCount) }.max() ?? 0
        self.workers = max(1, min(workers, Self.memory / (2 * max(largest, Self.piece) + Self.dictionary)))
    }

    /// Bytes, of which the rest of 64 MiB is for the program, the tables and the caches.
    private static let memory = 44 << 20
    private static let dictionary = 9 << 20
    /// Raw runs have any size, and are read in pieces.
    fileprivate static let piece = 1 << 20

    /// What the checksums of an image say.
    package struct Verification: Equatable, Sendable {
        package enum Result: Equatable, Sendable {
            case matches
            case differs(expected: UInt32, found: UInt32)
            /// The image has none, or one of a kind that Apple's tools do not write.
            case absent
        }
        /// Of each block table, what its runs hold.
        package var tables: [(name: String, result: Result)]
        /// Of the bytes of the file that the runs are in.
        package var dataFork: Result
        /// Of the checksums of the tables.
        package var master: Result

        package static func == (left: Self, right: Self) -> Bool {
            left.dataFork == right.dataFork && left.master == right.master && left.tables.elementsEqual(right.tables) { $0 == $1 }
        }

        /// A clause that names the first checksum that differs; nil when none does.
        package var difference: String? {
            for table in tables where table.result.isDifferent { return "the checksum of its block table \"\(table.name)\" differs" }
            if dataFork.isDifferent { return "the checksum of its data fork differs" }
            return master.isDifferent ? "its master checksum differs" : nil
        }
    }

    /// Decodes everything.
    /// - Parameters:
    ///   - sink: where the disk goes; nil only verifies.
    ///   - progress: called from any thread with the bytes of the disk that are done.
    /// - Throws: `damaged` when a run cannot be decoded. Whether the checksums match is the result.
    package func decode(
        to sink: (any ByteSink)?, progress: @escaping @Sendable (Int) -> Void = { _ in }
    ) async throws(FormatError) -> Verification {
        let work = Work(image: image, sink: sink, progress: progress)
        await withTaskGroup { group in
            for _ in 0..<workers { group.addTask { work.run() } }
        }
        return try work.verification()
    }

    /// Decodes everything and refuses an image whose checksums differ.
    /// - Throws: `damaged`.
    package func decodeVerified(
        to sink: (any ByteSink)?, progress: @escaping @Sendable (Int) -> Void = { _ in }
    ) async throws(FormatError) -> Verification {
        let verification = try await decode(to: sink, progress: progress)
        if let difference = verification.difference { throw .damaged(difference) }
        return verification
    }
}

extension UDIFDecoder.Verification.Result {
    fileprivate init(_ checksum: UDIFChecksum, _ found: UInt32) {
        self = !checksum.isCRC32 ? .absent : checksum.value == found ? .matches : .differs(expected: checksum.value, found: found)
    }

    var isDifferent: Bool { if case .differs = self { true } else { false } }
}

/// What the threads share.
private final class Work: Sendable {
    private let image: UDIFImage
    private let sink: (any ByteSink)?
    private let progress: @Sendable (Int) -> Void
    private let next = Atomic(0)
    private let done = Atomic(0)
    private let state: Mutex<State>

    private struct State {
        var failure: FormatError?
        /// Of each run: of what it holds, and of the bytes that it is stored in.
        var sums: [(content: CRC32Sum, stored: CRC32Sum)]
    }

    init(image: UDIFImage, sink: (any ByteSink)?, progress: @escaping @Sendable (Int) -> Void) {
        (self.image, self.sink, self.progress) = (image, sink, progress)
        state = Mutex(State(sums: Array(repeating: (CRC32Sum(), CRC32Sum()), count: image.runs.count)))
    }

    /// What one thread does.
    func run() {
        let (largestStored, largest) = image.runs.filter(\.codec.isCompressed).reduce((UDIFDecoder.piece, UDIFDecoder.piece)) {
            (max($0.0, $1.storedCount), max($0.1, $1.count))
        }
        let input = UnsafeMutableRawBufferPointer.allocate(byteCount: largestStored, alignment: 4096)
        let output = UnsafeMutableRawBufferPointer.allocate(byteCount: largest, alignment: 4096)
        defer {
            input.deallocate()
            output.deallocate()
        }
        var decoder = UDIFRunDecoder()
        while true {
            let index = next.add(1, ordering: .relaxed).oldValue
            guard index < image.runs.count, state.withLock({ $0.failure == nil }) else { return }
            do throws(FormatError) {
                if Task.isCancelled { throw .interrupted }
                let sums = try decode(image.runs[index], &decoder, input, output)
                state.withLock { $0.sums[index] = sums }
            } catch {
                state.withLock { $0.failure = $0.failure ?? error }
                return
            }
            progress(done.add(image.runs[index].count, ordering: .relaxed).newValue)
        }
    }

    private func decode(
        _ run: UDIFRun, _ decoder: inout UDIFRunDecoder, _ input: UnsafeMutableRawBufferPointer, _ output: UnsafeMutableRawBufferPointer
    ) throws(FormatError) -> (content: CRC32Sum, stored: CRC32Sum) {
        switch run.codec {
        case .zero: return (CRC32Sum.zeros(run.count), CRC32Sum())
        case .ignored: return (CRC32Sum(), CRC32Sum())
        case .raw:
            var (sum, done) = (CRC32Sum(), 0)
            while done < run.count {
                if Task.isCancelled { throw .interrupted }
                let part = UnsafeMutableRawBufferPointer(rebasing: input[..<min(UDIFDecoder.piece, run.count - done)])
                try image.source.read(into: part, at: run.storedOffset + done)
                sum.update(UnsafeRawBufferPointer(part))
                try sink?.write(UnsafeRawBufferPointer(part), at: run.offset + done)
                done += part.count
            }
            return (sum, sum)
        default:
            let stored = UnsafeMutableRawBufferPointer(rebasing: input[..<run.storedCount])
            let content = UnsafeMutableRawBufferPointer(rebasing: output[..<run.count])
            try image.source.read(into: stored, at: run.storedOffset)
            try decoder.decode(run.codec, UnsafeRawBufferPointer(stored), into: content)
            var sums = (content: CRC32Sum(), stored: CRC32Sum())
            sums.content.update(UnsafeRawBufferPointer(content))
            sums.stored.update(UnsafeRawBufferPointer(stored))
            try sink?.write(UnsafeRawBufferPointer(content), at: run.offset)
            return sums
        }
    }

    // MARK: Checksums

    func verification() throws(FormatError) -> UDIFDecoder.Verification {
        let (failure, sums) = state.withLock { ($0.failure, $0.sums) }
        if let failure { throw failure }
        var (tables, master): ([(name: String, result: UDIFDecoder.Verification.Result)], [UInt8]) = ([], [])
        var indices: [Int: Int] = [:]
        for (index, run) in image.runs.enumerated() { indices[run.offset] = index }
        for table in image.tables {
            var sum = CRC32Sum()
            for run in table.runs { if let index = indices[run.offset] { sum.append(sums[index].content) } }
            tables.append((table.name, .init(table.checksum, sum.value)))
            withUnsafeBytes(of: table.checksum.value.bigEndian) { master += $0 }
        }
        return UDIFDecoder.Verification(
            tables: tables, dataFork: try dataFork(sums.map(\.stored)), master: .init(image.trailer.masterChecksum, CRC32Sum.of(master)))
    }

    /// From the sums of the runs, in the order of the file; what lies between them is read.
    private func dataFork(_ sums: [CRC32Sum]) throws(FormatError) -> UDIFDecoder.Verification.Result {
        guard image.trailer.dataChecksum.isCRC32 else { return .absent }
        let start = image.trailer.start + image.trailer.dataFork.lowerBound
        let end = image.trailer.start + image.trailer.dataFork.upperBound
        var (sum, position) = (CRC32Sum(), start)
        for index in image.runs.indices.sorted(by: { image.runs[$0].storedOffset < image.runs[$1].storedOffset }) {
            let run = image.runs[index]
            guard run.storedCount > 0 else { continue }
            guard run.storedOffset >= position, run.storedOffset + run.storedCount <= end else {
                throw .damaged("a run lies outside of its data fork")
            }
            try append(position, run.storedOffset, to: &sum)
            sum.append(sums[index])
            position = run.storedOffset + run.storedCount
        }
        try append(position, end, to: &sum)
        return .init(image.trailer.dataChecksum, sum.value)
    }

    private func append(_ from: Int, _ to: Int, to sum: inout CRC32Sum) throws(FormatError) {
        guard from < to else { return }
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: min(to - from, 1 << 20), alignment: 4096)
        defer { buffer.deallocate() }
        var position = from
        while position < to {
            let part = UnsafeMutableRawBufferPointer(rebasing: buffer[..<min(buffer.count, to - position)])
            try image.source.read(into: part, at: position)
            sum.update(UnsafeRawBufferPointer(part))
            position += part.count
        }
    }
}
