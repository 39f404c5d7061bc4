package import DiskFormats

/// LZVN: LZ77 in bytes. LZFSE uses it for short data, and HFS+ for compressed files.
///
/// An opcode says how many literals follow it, how long the match after them is and how far back, in one of nine forms.
package enum LZVN {
    /// Decodes the input into exactly the output.
    /// - Throws: `damaged`.
    package static func decode(_ input: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer) throws(FormatError) {
        _ = try decode(input, into: output, from: 0, to: output.count)
    }

    /// Decodes the input into a part of the output; matches can reach back before it.
    /// - Returns: `end`.
    static func decode(
        _ input: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer, from start: Int, to end: Int
    ) throws(FormatError) -> Int {
        var (from, to, last) = (0, start, 0)
        while to < end {
            guard from < input.count else { throw damage }
            let opcode = Int(input[from])
            // Bytes of the opcode, and what it says.
            var (size, literals, match, distance) = (1, opcode >> 6, 0, last)
            func byte(_ index: Int) -> Int { Int(input[from + index]) }
            switch opcode {
            case 0xa0...0xbf:
                size = 3
                guard input.count - from >= size else { throw damage }
                literals = opcode >> 3 & 3
                match = ((opcode & 7) << 2 | byte(1) & 3) + 3
                distance = byte(1) >> 2 | byte(2) << 6
            case 0xe0:
                size = 2
                guard input.count - from >= size else { throw damage }
                literals = byte(1) + 16
            case 0xe1...0xef: literals = opcode & 0xf
            case 0xf0:
                size = 2
                guard input.count - from >= size else { throw damage }
                (literals, match) = (0, byte(1) + 16)
            case 0xf1...0xff: (literals, match) = (0, opcode & 0xf)
            // These do nothing.
            case 0x0e, 0x16: break
            // The end, and what has no meaning.
            case 0x06, 0x1e, 0x26, 0x2e, 0x36, 0x3e, 0x70...0x7f, 0xd0...0xdf: throw damage
            default:
                match = (opcode >> 3 & 7) + 3
                switch opcode & 7 {
                // The distance of the match before.
                case 6: break
                case 7:
                    size = 3
                    guard input.count - from >= size else { throw damage }
                    distance = byte(1) | byte(2) << 8
                default:
                    size = 2
                    guard input.count - from >= size else { throw damage }
                    distance = (opcode & 7) << 8 | byte(1)
                }
            }
            from += size
            guard literals <= input.count - from, literals <= end - to else { throw damage }
            if literals > 0 {
                UnsafeMutableRawBufferPointer(rebasing: output[to..<(to + literals)])
                    .copyMemory(from: UnsafeRawBufferPointer(rebasing: input[from..<(from + literals)]))
                from += literals
                to += literals
            }
            if match > 0 {
                guard distance > 0, distance <= to, match <= end - to else { throw damage }
                Match.copy(output, at: to, distance: distance, count: match)
                to += match
                last = distance
            }
        }
        return to
    }

    private static var damage: FormatError { .damaged("its LZVN data is damaged") }
}
