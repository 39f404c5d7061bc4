import DiskFormats

/// A part of a disk that is written at another place of a file; what lies outside of the part is dropped.
struct WindowSink: ByteSink {
    private let base: any ByteSink
    /// The part, in bytes from the start of the disk.
    private let window: Range<Int>
    /// Where it begins in the file.
    private let target: Int

    init(of base: any ByteSink, window: Range<Int>, at target: Int) { (self.base, self.window, self.target) = (base, window, target) }

    func write(_ bytes: UnsafeRawBufferPointer, at offset: Int) throws(FormatError) {
        let part = window.clamped(to: offset..<offset + bytes.count)
        guard !part.isEmpty else { return }
        try base.write(
            UnsafeRawBufferPointer(rebasing: bytes[(part.lowerBound - offset)..<(part.upperBound - offset)]),
            at: target + part.lowerBound - window.lowerBound)
    }

    func copy(_ source: any ByteSource, from start: Int, count: Int, at offset: Int) throws(FormatError) {
        let part = window.clamped(to: offset..<offset + count)
        guard !part.isEmpty else { return }
        try base.copy(
            source, from: start + part.lowerBound - offset, count: part.count, at: target + part.lowerBound - window.lowerBound)
    }
}
