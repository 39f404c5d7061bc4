package import DiskFormats

/// A decoder that is fed piece by piece and keeps what it needs of the bytes before.
package protocol StreamDecoder: ~Copyable {
    /// As users know the format: "zlib".
    static var name: String { get }

    /// Decodes some of the input into some of the output.
    /// - Throws: `damaged`; `unsupported` when it would take more memory than this project allows.
    mutating func decode(_ input: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer) throws(FormatError) -> DecoderStep
}

/// What one call of a decoder did.
package struct DecoderStep {
    /// Bytes of the input that were taken.
    var consumed: Int
    /// Bytes of the output that were filled.
    var produced: Int
    /// Whether the data says that it ends here.
    var isFinished: Bool
}

extension StreamDecoder where Self: ~Copyable {
    /// Decodes all of the input, which has to end where its data ends or later, into exactly the output.
    /// - Throws: `damaged` when there is less or more than the output.
    package mutating func decodeAll(_ input: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer) throws(FormatError) {
        var (taken, filled) = (0, 0)
        while true {
            let step = try decode(
                UnsafeRawBufferPointer(rebasing: input[taken...]), into: UnsafeMutableRawBufferPointer(rebasing: output[filled...]))
            taken += step.consumed
            filled += step.produced
            if step.isFinished { break }
            if step.consumed == 0 && step.produced == 0 { break }
        }
        guard filled == output.count else {
            throw .damaged("its \(Self.name) data makes \(filled) of \(output.count) bytes")
        }
    }
}
