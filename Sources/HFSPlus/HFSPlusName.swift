/// A name as HFS+ stores it: UTF-16, decomposed; TN1150, "Unicode Subtleties".
///
/// A slash can be part of a name there and a colon cannot; in paths it is the other way round, so that each stands for the other.
package struct HFSPlusName: Hashable, Sendable {
    package var units: [UInt16]

    package init(units: [UInt16]) { self.units = units }

    /// A part of a path, decomposed as Mac OS X does since 10.3. nil when it is empty or longer than 255 units.
    package init?(_ text: some StringProtocol) {
        var units: [UInt16] = []
        for scalar in Self.ordered(text.unicodeScalars.flatMap(Self.decomposed)) { units += Array(UTF16.encode(scalar) ?? Self.unknown) }
        for index in units.indices where units[index] == UInt16(UInt8(ascii: ":")) { units[index] = UInt16(UInt8(ascii: "/")) }
        guard (1...Self.limit).contains(units.count) else { return nil }
        self.units = units
    }

    /// Units of UTF-16.
    package static let limit = 255
    private static let unknown = UTF16.encodedReplacementCharacter

    /// As part of a path.
    package var text: String {
        String(decoding: units.map { $0 == UInt16(UInt8(ascii: "/")) ? UInt16(UInt8(ascii: ":")) : $0 }, as: UTF16.self)
    }

    // MARK: Order

    /// Less than 0 when this name comes first, 0 when both are the same; case and ignorable characters do not count.
    ///
    /// What TN1150 calls FastUnicodeCompare.
    package static func compareIgnoringCase(_ left: [UInt16], _ right: [UInt16]) -> Int {
        var (i, j) = (0, 0)
        while true {
            var (a, b): (UInt16, UInt16) = (0, 0)
            while a == 0 && i < left.count {
                a = folded[Int(left[i])]
                i += 1
            }
            while b == 0 && j < right.count {
                b = folded[Int(right[j])]
                j += 1
            }
            if a != b { return Int(a) - Int(b) }
            // Both have ended.
            if a == 0 { return 0 }
        }
    }

    /// The order of case-sensitive volumes: unit by unit.
    package static func compareExactly(_ left: [UInt16], _ right: [UInt16]) -> Int {
        for (a, b) in zip(left, right) where a != b { return Int(a) - Int(b) }
        return left.count - right.count
    }

    /// What a unit counts as in the order; 0 when it is ignored.
    static let folded: [UInt16] = {
        var table = Array(UInt16.min...UInt16.max)
        for range in UnicodeTables.cases {
            for unit in stride(from: Int(range.first), through: Int(range.last), by: Int(range.step)) {
                table[unit] = UInt16(truncatingIfNeeded: unit + range.distance)
            }
        }
        for unit in UnicodeTables.ignored { table[Int(unit)] = 0 }
        // Not ignored, but last: names of Apple's own begin with zeros, so that they do not stand in the way.
        table[0] = 0xffff
        return table
    }()

    // MARK: Decomposition

    private static func decomposed(_ scalar: UnicodeScalar) -> [UnicodeScalar] {
        // The Unicode Standard, 3.12: a syllable of Hangul is its two or three letters.
        if (0xac00...0xd7a3).contains(scalar.value) {
            let index = scalar.value - 0xac00
            let letters = [0x1100 + index / 588, 0x1161 + index % 588 / 28, 0x11a7 + index % 28]
            return letters.filter { $0 != 0x11a7 }.compactMap(UnicodeScalar.init)
        }
        return UInt16(exactly: scalar.value).flatMap { decompositions[$0] } ?? [scalar]
    }

    private static let decompositions: [UInt16: [UnicodeScalar]] = {
        var (table, rest): ([UInt16: [UnicodeScalar]], ArraySlice<UInt16>) = ([:], UnicodeTables.decompositions[...])
        while let unit = rest.popFirst(), let count = rest.popFirst() {
            table[unit] = rest.prefix(Int(count)).compactMap { UnicodeScalar($0) }
            rest = rest.dropFirst(Int(count))
        }
        return table
    }()

    /// Combining marks behind a character in the order of their classes, as Unicode 3.2 has them.
    private static func ordered(_ scalars: [UnicodeScalar]) -> [UnicodeScalar] {
        var (result, start): ([UnicodeScalar], Int) = (scalars, 0)
        while start < result.count {
            guard combiningClass(result[start]) != 0 else {
                start += 1
                continue
            }
            var end = start
            while end < result.count, combiningClass(result[end]) != 0 { end += 1 }
            let marks = result[start..<end].enumerated().sorted {
                (combiningClass($0.element), $0.offset) < (combiningClass($1.element), $1.offset)
            }
            result.replaceSubrange(start..<end, with: marks.map(\.element))
            start = end
        }
        return result
    }

    private static func combiningClass(_ scalar: UnicodeScalar) -> UInt8 {
        guard scalar.value >= 0x300, let age = scalar.properties.age, (age.major, age.minor) <= (3, 2) else { return 0 }
        return scalar.properties.canonicalCombiningClass.rawValue
    }
}
