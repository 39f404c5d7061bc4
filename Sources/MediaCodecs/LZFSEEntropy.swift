/// The tables and the two decoders of a coded block of LZFSE.
struct LZFSEEntropy: ~Copyable {
    static let literalStates = 1024
    static let lengthStates = 64
    static let distanceStates = 256
    /// Symbols of literal lengths, match lengths, distances and literals.
    static let symbols = 20 + 20 + 64 + 256
    static let literalLimit = 40000

    /// What a state decodes to, and how many bits lead to the next state.
    private struct Entry {
        /// Added to the bits read, this is the next state.
        var delta: Int16 = 0
        /// Bits of the next state, and of the value, which follow them.
        var (stateBits, valueBits): (UInt8, UInt8) = (0, 0)
        /// The smallest value of the symbol; a literal itself.
        var base: Int32 = 0
    }

    private let lengths = UnsafeMutableBufferPointer<Entry>.allocate(capacity: lengthStates)
    private let matches = UnsafeMutableBufferPointer<Entry>.allocate(capacity: lengthStates)
    private let distances = UnsafeMutableBufferPointer<Entry>.allocate(capacity: distanceStates)
    private let literals = UnsafeMutableBufferPointer<Entry>.allocate(capacity: literalStates)
    /// The literals of a block, and room for what is copied too much.
    private let text = UnsafeMutableRawBufferPointer.allocate(byteCount: literalLimit + 64, alignment: 16)

    /// Bits behind the symbol of a literal length, a match length, a distance. A symbol's values begin where those before it end.
    private static let lengthBits: [UInt8] = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 3, 5, 8]
    private static let matchBits: [UInt8] = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 3, 5, 8, 11]
    private static let distanceBits: [UInt8] = (0..<64).map { UInt8($0 / 4) }
    private static let literalBits = [UInt8](repeating: 0, count: 256)

    init() {
        lengths.initialize(repeating: Entry())
        matches.initialize(repeating: Entry())
        distances.initialize(repeating: Entry())
        literals.initialize(repeating: Entry())
        text.initializeMemory(as: UInt8.self, repeating: 0)
    }

    deinit {
        lengths.deallocate()
        matches.deallocate()
        distances.deallocate()
        literals.deallocate()
        text.deallocate()
    }

    /// Makes the tables of a block.
    /// - Returns: false when its frequencies are damaged.
    func prepare(_ header: LZFSEHeader, _ block: UnsafeRawBufferPointer) -> Bool {
        withUnsafeTemporaryAllocation(of: Int.self, capacity: Self.symbols) { frequency in
            guard header.frequencies(block, { frequency[$0] = $1 }) else { return false }
            return Self.fill(lengths, frequency[0..<20], Self.lengthBits) && Self.fill(matches, frequency[20..<40], Self.matchBits)
                && Self.fill(distances, frequency[40..<104], Self.distanceBits)
                && Self.fill(literals, frequency[104..<360], Self.literalBits)
        }
    }

    /// A symbol has as many states as its frequency says, each of which k or k-1 bits lead on from.
    private static func fill(
        _ table: UnsafeMutableBufferPointer<Entry>, _ frequency: Slice<UnsafeMutableBufferPointer<Int>>, _ bits: [UInt8]
    ) -> Bool {
        var (next, base) = (0, 0)
        for (symbol, count) in frequency.enumerated() {
            let valueBits = bits[symbol]
            defer { base += 1 << Int(valueBits) }
            guard count > 0 else { continue }
            guard count <= table.count - next else { return false }
            // The least k with which count << k reaches the number of states.
            let shift = count.leadingZeroBitCount - table.count.leadingZeroBitCount
            let long = (2 * table.count) >> shift - count
            for index in 0..<count {
                let isLong = index < long
                let delta = isLong ? (count + index) << shift - table.count : (index - long) << (shift - 1)
                table[next + index] = Entry(
                    delta: Int16(truncatingIfNeeded: delta), stateBits: UInt8(truncatingIfNeeded: isLong ? shift : shift - 1),
                    valueBits: valueBits, base: Int32(truncatingIfNeeded: base))
            }
            next += count
        }
        // States that no symbol has end nowhere. An encoder leaves none, but for a table without symbols.
        for index in next..<table.count { table[index] = Entry() }
        return true
    }

    /// Decodes a block whose tables are prepared. Its output fits.
    /// - Returns: false when it is damaged.
    func decode(_ header: LZFSEHeader, _ block: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer, from start: Int) -> Bool
    {
        let literalEnd = header.size + header.literalPayload
        guard decodeLiterals(header, UnsafeRawBufferPointer(rebasing: block[..<literalEnd])) else { return false }
        let matches = UnsafeRawBufferPointer(rebasing: block[..<(literalEnd + header.matchPayload)])
        return decodeMatches(header, matches, into: output, from: start)
    }

    private func decodeLiterals(_ header: LZFSEHeader, _ bytes: UnsafeRawBufferPointer) -> Bool {
        guard header.literals > 0 else { return true }
        guard var bits = BackwardBits(bytes, unused: header.literalBits) else { return false }
        var (a, b, c, d) = header.literalStates
        for index in stride(from: 0, to: header.literals, by: 4) {
            guard bits.refill() else { return false }
            text[index] = literal(&a, &bits)
            text[index + 1] = literal(&b, &bits)
            text[index + 2] = literal(&c, &bits)
            text[index + 3] = literal(&d, &bits)
        }
        return true
    }

    @inline(__always)
    private func literal(_ state: inout Int, _ bits: inout BackwardBits) -> UInt8 {
        let entry = literals[state]
        state = (Int(entry.delta) + bits.pull(Int(entry.stateBits))) & (Self.literalStates - 1)
        return UInt8(truncatingIfNeeded: entry.base)
    }

    private func decodeMatches(
        _ header: LZFSEHeader, _ bytes: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer, from start: Int
    ) -> Bool {
        var (to, text, distance) = (start, 0, 0)
        let end = start + header.rawBytes
        guard header.matches > 0 else { return end == start }
        guard var bits = BackwardBits(bytes, unused: header.matchBits), let base = output.baseAddress, let source = self.text.baseAddress
        else { return false }
        var (l, m, d) = (header.states.l, header.states.m, header.states.d)
        for _ in 0..<header.matches {
            // 14, 17 and 23 bits at most.
            guard bits.refill() else { return false }
            let length = value(lengths, &l, &bits)
            let match = value(matches, &m, &bits)
            let new = value(distances, &d, &bits)
            if new != 0 { distance = new }
            guard length <= header.literals - text, length <= end - to else { return false }
            if output.count - to >= length + 16 && length <= 16 {
                // The room behind the text is there for this.
                let (low, high) = (
                    source.loadUnaligned(fromByteOffset: text, as: UInt64.self),
                    source.loadUnaligned(fromByteOffset: text + 8, as: UInt64.self)
                )
                base.storeBytes(of: low, toByteOffset: to, as: UInt64.self)
                base.storeBytes(of: high, toByteOffset: to + 8, as: UInt64.self)
            } else {
                (base + to).copyMemory(from: source + text, byteCount: length)
            }
            (text, to) = (text + length, to + length)
            guard match <= end - to, match == 0 || (distance > 0 && distance <= to) else { return false }
            Match.copy(output, at: to, distance: distance, count: match)
            to += match
        }
        return to == end
    }

    @inline(__always)
    private func value(_ table: UnsafeMutableBufferPointer<Entry>, _ state: inout Int, _ bits: inout BackwardBits) -> Int {
        let entry = table[state]
        let pulled = bits.pull(Int(entry.stateBits &+ entry.valueBits))
        state = (Int(entry.delta) + pulled >> Int(entry.valueBits)) & (table.count - 1)
        return Int(entry.base) + pulled & (1 << Int(entry.valueBits) - 1)
    }
}

/// Bits of a stream that is read from its last byte to its first.
private struct BackwardBits {
    private let bytes: UnsafeRawBufferPointer
    /// Where the bytes begin that were read.
    private var position: Int
    private var bits: UInt64
    /// How many of the bits are not used up.
    private var count: Int

    /// The header lies before the stream, so that reading eight bytes too far is within the buffer.
    /// - Parameter unused: bits of the last byte that do not count, from -7 to 0.
    init?(_ bytes: UnsafeRawBufferPointer, unused: Int) {
        self.bytes = bytes
        guard bytes.count >= 8 else { return nil }
        let last = UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: bytes.count - 8, as: UInt64.self))
        if unused < 0 {
            (position, bits, count) = (bytes.count - 8, last, 64 + unused)
            guard bits >> UInt64(count) == 0 else { return nil }
        } else {
            (position, bits, count) = (bytes.count - 7, last >> 8, 56)
        }
    }

    /// Reads whole bytes, so that 56 bits or more can be pulled.
    /// - Returns: false when there are none.
    @inline(__always)
    mutating func refill() -> Bool {
        let new = (63 - count) & ~7
        guard new > 0 else { return true }
        position -= new >> 3
        guard position >= 0 else { return false }
        let word = UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: position, as: UInt64.self))
        bits = bits << UInt64(new) | word & (1 << UInt64(new) - 1)
        count += new
        return true
    }

    @inline(__always)
    mutating func pull(_ wanted: Int) -> Int {
        count -= wanted
        let result = Int(truncatingIfNeeded: bits >> UInt64(truncatingIfNeeded: count))
        bits &= 1 << UInt64(truncatingIfNeeded: count) - 1
        return result
    }
}
