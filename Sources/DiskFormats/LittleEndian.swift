/// Numbers of on-disk structures; nil past the end, never a trap.
extension Array where Element == UInt8 {
    package func littleEndian<Number: FixedWidthInteger>(_: Number.Type, at offset: Int) -> Number? {
        let width = Number.bitWidth / 8
        guard offset >= 0, offset <= count - width else { return nil }
        var value: Number = 0
        for index in 0..<width { value |= Number(truncatingIfNeeded: self[offset + index]) << Number(truncatingIfNeeded: 8 * index) }
        return value
    }

    package func bigEndian16(at offset: Int) -> UInt16? { littleEndian(UInt16.self, at: offset)?.byteSwapped }

    /// Whether the ASCII `text` stands at `offset`.
    package func has(_ text: String, at offset: Int) -> Bool {
        let wanted = text.utf8
        return offset >= 0 && offset <= count - wanted.count && self[offset..<(offset + wanted.count)].elementsEqual(wanted)
    }
}

/// Numbers of Apple's on-disk structures; nil past the end, never a trap.
extension Array where Element == UInt8 {
    package func bigEndian<Number: FixedWidthInteger>(_: Number.Type, at offset: Int) -> Number? {
        littleEndian(Number.self, at: offset)?.byteSwapped
    }

    /// A number of 64 bits that is a size or an offset: nil when it is larger than any file.
    package func bigEndianSize(at offset: Int) -> Int? { bigEndian(UInt64.self, at: offset).flatMap { Int(exactly: $0) } }
}
