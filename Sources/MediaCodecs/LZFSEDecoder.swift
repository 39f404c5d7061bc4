package import DiskFormats

/// LZFSE: LZ77 with entropy coding by finite states, in blocks that begin with a magic number each.
///
/// `bvx-` is a block of bytes as they are, `bvxn` one of LZVN, `bvx1` and `bvx2` are coded with a plain or a packed header, `bvx$` ends.
/// Numbers are little-endian. A match reaches back over the blocks before, so that the output is one buffer.
package struct LZFSEDecoder: ~Copyable {
    private var entropy = LZFSEEntropy()

    package init() {}

    /// Decodes the input into exactly the output.
    /// - Throws: `damaged`.
    package mutating func decode(_ input: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer) throws(FormatError) {
        var (from, to) = (0, 0)
        while true {
            guard let magic = input.littleEndian32(at: from) else { throw Self.damage("ends without an end mark") }
            switch magic {
            case Self.magic("$"):
                guard to == output.count else { throw Self.damage("makes \(to) of \(output.count) bytes") }
                return
            case Self.magic("-"):
                guard let raw = input.littleEndian32(at: from + 4), raw <= input.count - from - 8, raw <= output.count - to else {
                    throw Self.damage("has a block that does not fit")
                }
                let count = Int(raw)
                UnsafeMutableRawBufferPointer(rebasing: output[to..<(to + count)])
                    .copyMemory(from: UnsafeRawBufferPointer(rebasing: input[(from + 8)..<(from + 8 + count)]))
                (from, to) = (from + 8 + count, to + count)
            case Self.magic("n"):
                guard let raw = input.littleEndian32(at: from + 4), let payload = input.littleEndian32(at: from + 8),
                    payload <= input.count - from - 12, raw <= output.count - to
                else { throw Self.damage("has a block that does not fit") }
                let end = from + 12 + Int(payload)
                to = try LZVN.decode(
                    UnsafeRawBufferPointer(rebasing: input[(from + 12)..<end]), into: output, from: to, to: to + Int(raw))
                from = end
            case Self.magic("1"), Self.magic("2"):
                let block = UnsafeRawBufferPointer(rebasing: input[from...])
                guard let header = LZFSEHeader(block, isPacked: magic == Self.magic("2")) else {
                    throw Self.damage("has a damaged header")
                }
                guard header.rawBytes <= output.count - to else { throw Self.damage("has a block that does not fit") }
                guard entropy.prepare(header, block) else { throw Self.damage("has damaged tables") }
                guard entropy.decode(header, block, into: output, from: to) else { throw Self.damage("is damaged") }
                (from, to) = (from + header.size + header.payload, to + header.rawBytes)
            default: throw Self.damage("has an unknown block")
            }
        }
    }

    /// "bvx" and one more character, as a number.
    private static func magic(_ last: UnicodeScalar) -> UInt32 { 0x0078_7662 | last.value << 24 }

    private static func damage(_ what: String) -> FormatError { .damaged("its LZFSE data \(what)") }
}

extension UnsafeRawBufferPointer {
    /// nil past the end.
    func littleEndian32(at offset: Int) -> UInt32? {
        guard offset >= 0, offset <= count - 4 else { return nil }
        return UInt32(littleEndian: loadUnaligned(fromByteOffset: offset, as: UInt32.self))
    }
}

/// Copies inside the output of an LZ77 decoder.
enum Match {
    /// Repeats what lies `distance` bytes before `to`. The caller has checked that both are within the output.
    @inline(__always)
    static func copy(_ output: UnsafeMutableRawBufferPointer, at to: Int, distance: Int, count: Int) {
        guard let base = output.baseAddress else { return }
        let (target, source) = (base + to, base + (to - distance))
        if distance >= 8 && output.count - to >= count + 8 {
            // Eight bytes at a time, of which the last can be too many: what comes next is written over them.
            var done = 0
            while done < count {
                target.storeBytes(of: source.loadUnaligned(fromByteOffset: done, as: UInt64.self), toByteOffset: done, as: UInt64.self)
                done += 8
            }
        } else {
            for index in 0..<count {
                target.storeBytes(of: source.load(fromByteOffset: index, as: UInt8.self), toByteOffset: index, as: UInt8.self)
            }
        }
    }
}
