/// Sizes as people write them: `8G`, `4096M`, `512MiB`, and `4096`, which is MiB as for QEMU's -m.
package enum ByteSize {
    private static let units: [(letter: Character, shift: Int)] = [("T", 40), ("G", 30), ("M", 20), ("K", 10)]

    /// Bytes; nil for anything that is no size or does not fit an Int.
    ///
    /// A number of bytes is written `33554433B`. Decimal units (MB, GB) are refused: nobody agrees on them.
    package static func parse(_ text: String) -> Int? {
        let digits = text.prefix { $0.isASCII && $0.isNumber }
        guard let number = Int(digits), let shift = shift(String(text.dropFirst(digits.count)).uppercased()) else { return nil }
        let (bytes, overflow) = number.multipliedReportingOverflow(by: 1 << shift)
        return overflow ? nil : bytes
    }

    private static func shift(_ suffix: String) -> Int? {
        if suffix.isEmpty { return 20 }
        if suffix == "B" { return 0 }
        return units.first { suffix == String($0.letter) || suffix == "\($0.letter)IB" }?.shift
    }

    /// The largest unit that divides it: `8G`, `33554433B`.
    package static func render(_ bytes: Int) -> String {
        for unit in units where bytes != 0 && bytes % (1 << unit.shift) == 0 { return "\(bytes >> unit.shift)\(unit.letter)" }
        return "\(bytes)B"
    }
}
