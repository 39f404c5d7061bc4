/// The header of a `bvx1` or `bvx2` block of LZFSE.
struct LZFSEHeader {
    /// Bytes of the header itself, and of the block's output.
    let (size, rawBytes): (Int, Int)
    let (literals, matches): (Int, Int)
    /// Bytes of the two coded streams, which follow the header. Both are read from their end.
    let (literalPayload, matchPayload): (Int, Int)
    /// Bits that the last byte of a stream does not use, as a number from -7 to 0.
    let (literalBits, matchBits): (Int, Int)
    /// The states in which the four interleaved literal decoders begin.
    let literalStates: (Int, Int, Int, Int)
    /// Of literal lengths, match lengths and distances.
    let states: (l: Int, m: Int, d: Int)
    private let isPacked: Bool

    /// Frequencies of a `bvx1` block begin here; those of a `bvx2` block are packed behind 32 bytes.
    private static let plainFrequencies = 50
    private static let plainSize = 772

    var payload: Int { literalPayload + matchPayload }

    /// nil for a header that is damaged, or whose streams do not fit into `block`.
    init?(_ block: UnsafeRawBufferPointer, isPacked: Bool) {
        self.isPacked = isPacked
        guard block.count >= (isPacked ? 32 : Self.plainSize) else { return nil }
        func short(_ offset: Int) -> Int { Int(UInt16(littleEndian: block.loadUnaligned(fromByteOffset: offset, as: UInt16.self))) }
        func word(_ offset: Int) -> Int { Int(UInt32(littleEndian: block.loadUnaligned(fromByteOffset: offset, as: UInt32.self))) }
        func signed(_ offset: Int) -> Int { Int(Int32(littleEndian: block.loadUnaligned(fromByteOffset: offset, as: Int32.self))) }
        rawBytes = word(4)
        if isPacked {
            let fields = [8, 16, 24].map { UInt64(littleEndian: block.loadUnaligned(fromByteOffset: $0, as: UInt64.self)) }
            func bits(_ field: Int, _ shift: UInt64, _ count: UInt64) -> Int { Int(fields[field] >> shift & (1 << count - 1)) }
            (literals, literalPayload, matches, literalBits) = (bits(0, 0, 20), bits(0, 20, 20), bits(0, 40, 20), bits(0, 60, 3) - 7)
            literalStates = (bits(1, 0, 10), bits(1, 10, 10), bits(1, 20, 10), bits(1, 30, 10))
            (matchPayload, matchBits) = (bits(1, 40, 20), bits(1, 60, 3) - 7)
            size = bits(2, 0, 32)
            states = (bits(2, 32, 10), bits(2, 42, 10), bits(2, 52, 10))
            guard size >= 32 else { return nil }
        } else {
            (literals, matches, literalPayload, matchPayload) = (word(12), word(16), word(20), word(24))
            (literalBits, matchBits) = (signed(28), signed(40))
            literalStates = (short(32), short(34), short(36), short(38))
            states = (short(44), short(46), short(48))
            size = Self.plainSize
            guard word(8) == literalPayload + matchPayload else { return nil }
        }
        // Blocks have at most 10000 matches, and four literals for each.
        guard literals <= LZFSEEntropy.literalLimit, literals.isMultiple(of: 4), matches <= 10000,
            (-7...0).contains(literalBits), (-7...0).contains(matchBits), size <= block.count,
            literalPayload <= block.count - size, matchPayload <= block.count - size - literalPayload,
            max(literalStates.0, literalStates.1, literalStates.2, literalStates.3) < LZFSEEntropy.literalStates,
            states.l < LZFSEEntropy.lengthStates, states.m < LZFSEEntropy.lengthStates, states.d < LZFSEEntropy.distanceStates
        else { return nil }
    }

    /// Calls `body` with the frequency of each symbol: 20 of literal lengths, 20 of match lengths, 64 of distances, 256 of literals.
    /// - Returns: false when they are damaged.
    func frequencies(_ block: UnsafeRawBufferPointer, _ body: (_ index: Int, _ frequency: Int) -> Void) -> Bool {
        if !isPacked {
            for index in 0..<LZFSEEntropy.symbols {
                let offset = Self.plainFrequencies + 2 * index
                body(index, Int(UInt16(littleEndian: block.loadUnaligned(fromByteOffset: offset, as: UInt16.self))))
            }
            return true
        }
        var (bits, count, offset) = (0, 0, 32)
        // A block whose tables are all empty stores none.
        if size == 32 {
            for index in 0..<LZFSEEntropy.symbols { body(index, 0) }
            return true
        }
        for index in 0..<LZFSEEntropy.symbols {
            while offset < size && count <= 24 {
                bits |= Int(block[offset]) << count
                (offset, count) = (offset + 1, count + 8)
            }
            // The lowest bits tell the form: 00, 10, 001, 101, 011 and two bits, 0111 and four, 1111 and ten.
            let (used, frequency) =
                switch bits & 0xf {
                case let low where low & 3 == 0: (2, 0)
                case let low where low & 3 == 2: (2, 1)
                case let low where low & 7 == 1: (3, 2)
                case let low where low & 7 == 5: (3, 3)
                case let low where low & 7 == 3: (5, 4 + bits >> 3 & 3)
                case 7: (8, 8 + bits >> 4 & 0xf)
                default: (14, 24 + bits >> 4 & 0x3ff)
                }
            guard used <= count else { return false }
            (bits, count) = (bits >> used, count - used)
            body(index, frequency)
        }
        return count < 8 && offset == size
    }
}
