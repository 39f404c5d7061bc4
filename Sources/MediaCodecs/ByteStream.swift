package import DiskFormats

/// Bytes that come one after the other: a part of a source, or what a codec makes of another stream.
package protocol ByteStream: AnyObject {
    /// Fills the buffer from its start.
    /// - Returns: how many bytes came; 0 at the end only.
    func read(into buffer: UnsafeMutableRawBufferPointer) throws(FormatError) -> Int
}

extension ByteStream {
    /// Fills the whole buffer.
    /// - Throws: `damaged` when the stream ends before.
    package func fill(_ buffer: UnsafeMutableRawBufferPointer) throws(FormatError) {
        var done = 0
        while done < buffer.count {
            let count = try read(into: UnsafeMutableRawBufferPointer(rebasing: buffer[done...]))
            guard count > 0 else { throw .damaged("its data ends after \(done) of \(buffer.count) bytes") }
            done += count
        }
    }

    /// The next `count` bytes. The caller has limited their number.
    /// - Throws: `damaged` when the stream ends before.
    package func bytes(_ count: Int) throws(FormatError) -> [UInt8] {
        try [UInt8](count: count) { (buffer) throws(FormatError) in try fill(buffer) }
    }

    /// All bytes up to the end.
    /// - Throws: `damaged` when there are more than `limit`.
    package func remainder(limit: Int) throws(FormatError) -> [UInt8] {
        var all: [UInt8] = []
        try forEach { (part) throws(FormatError) in
            guard part.count <= limit - all.count else { throw .damaged("it is larger than \(limit) bytes") }
            all.append(contentsOf: part)
        }
        return all
    }

    /// Calls `body` with all bytes up to the end, up to 64 KiB at a time.
    package func forEach(_ body: (UnsafeRawBufferPointer) throws(FormatError) -> Void) throws(FormatError) {
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 16, alignment: 16)
        defer { buffer.deallocate() }
        while true {
            let count = try read(into: buffer)
            if count == 0 { return }
            try body(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
        }
    }

    /// Skips `count` bytes.
    /// - Throws: `damaged` when the stream ends before.
    package func skip(_ count: Int) throws(FormatError) {
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: max(1, min(count, 1 << 16)), alignment: 16)
        defer { buffer.deallocate() }
        var left = count
        while left > 0 {
            let read = try read(into: UnsafeMutableRawBufferPointer(rebasing: buffer[..<min(left, buffer.count)]))
            guard read > 0 else { throw .damaged("its data ends \(left) bytes too early") }
            left -= read
        }
    }
}

/// A source from its start to its end.
package final class SourceStream: ByteStream {
    private let source: any ByteSource
    /// Bytes that were read.
    package private(set) var position = 0

    package init(_ source: any ByteSource) { self.source = source }

    package func read(into buffer: UnsafeMutableRawBufferPointer) throws(FormatError) -> Int {
        let count = min(buffer.count, source.size - position)
        guard count > 0 else { return 0 }
        try source.read(into: UnsafeMutableRawBufferPointer(rebasing: buffer[..<count]), at: position)
        position += count
        return count
    }
}

/// What a decoder makes of another stream.
package final class DecodedStream<Decoder: StreamDecoder & ~Copyable>: ByteStream {
    private let input: any ByteStream
    private var decoder: Decoder
    private let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 16, alignment: 16)
    /// The part of the buffer that the decoder has not had yet.
    private var pending = 0..<0
    private var isFinished = false

    package init(_ input: any ByteStream, _ decoder: consuming Decoder) {
        self.input = input
        self.decoder = decoder
    }

    deinit { buffer.deallocate() }

    package func read(into output: UnsafeMutableRawBufferPointer) throws(FormatError) -> Int {
        guard output.count > 0 else { return 0 }
        while !isFinished {
            if pending.isEmpty {
                let count = try input.read(into: buffer)
                guard count > 0 else { throw .damaged("its \(Decoder.name) data ends too early") }
                pending = 0..<count
            }
            let step = try decoder.decode(UnsafeRawBufferPointer(rebasing: buffer[pending]), into: output)
            pending = (pending.lowerBound + step.consumed)..<pending.upperBound
            isFinished = step.isFinished
            if step.produced > 0 { return step.produced }
            // Neither input taken nor output made: a decoder that waits for nothing.
            guard step.consumed > 0 || isFinished else { throw .damaged("its \(Decoder.name) data cannot be decoded") }
        }
        return 0
    }
}
