package import DiskFormats

/// Apple Data Compression, of disk images up to Mac OS X 10.2.
///
/// A byte with bit 7 precedes 1 to 128 literals; one with bit 6 is a match of 4 to 67 bytes at a distance of 16 bits; any other one a
/// match of 3 to 18 bytes at a distance of 10 bits. Distances are one less than they are.
package enum ADC {
    /// Decodes the input into exactly the output.
    /// - Throws: `damaged`.
    package static func decode(_ input: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer) throws(FormatError) {
        var (from, to) = (0, 0)
        while to < output.count {
            guard from < input.count else { throw .damaged("its ADC data makes \(to) of \(output.count) bytes") }
            let head = Int(input[from])
            if head & 0x80 != 0 {
                let count = (head & 0x7f) + 1
                guard count < input.count - from, count <= output.count - to else { throw damage }
                UnsafeMutableRawBufferPointer(rebasing: output[to..<(to + count)])
                    .copyMemory(from: UnsafeRawBufferPointer(rebasing: input[(from + 1)...(from + count)]))
                (from, to) = (from + 1 + count, to + count)
                continue
            }
            let isLong = head & 0x40 != 0
            guard input.count - from >= (isLong ? 3 : 2) else { throw damage }
            let count = isLong ? (head & 0x3f) + 4 : (head >> 2) + 3
            let distance = (isLong ? Int(input[from + 1]) << 8 | Int(input[from + 2]) : (head & 3) << 8 | Int(input[from + 1])) + 1
            guard distance <= to, count <= output.count - to else { throw damage }
            // Byte by byte: a match can overlap itself.
            for index in to..<(to + count) { output[index] = output[index - distance] }
            (from, to) = (from + (isLong ? 3 : 2), to + count)
        }
    }

    private static var damage: FormatError { .damaged("its ADC data is damaged") }
}
