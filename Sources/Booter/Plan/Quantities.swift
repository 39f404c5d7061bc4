/// A size in bytes as text: 64 GiB, 1.5 GiB, 512 MiB, 4096 bytes.
struct ByteCount: CustomStringConvertible {
    let bytes: Int
    init(_ bytes: Int) { self.bytes = bytes }

    var description: String { scaled(40, "TiB") ?? scaled(30, "GiB") ?? scaled(20, "MiB") ?? "\(bytes) bytes" }

    /// With one decimal digit; nil for less than one of the unit.
    private func scaled(_ shift: Int, _ unit: String) -> String? {
        guard bytes >> shift > 0 else { return nil }
        let tenths = ((bytes >> (shift - 10)) * 10) >> 10
        return tenths % 10 == 0 ? "\(tenths / 10) \(unit)" : "\(tenths / 10).\(tenths % 10) \(unit)"
    }
}

/// A size in bytes as whole MiB, rounded up: what is missing never shows as 0.
struct MiB: CustomStringConvertible {
    let bytes: Int
    init(_ bytes: Int) { self.bytes = bytes }
    var description: String { "\((bytes >> 20) + (bytes & 0xfffff == 0 ? 0 : 1)) MiB" }
}

/// Thousandths as a decimal number: 2500 is 2.5.
struct Decimal3: CustomStringConvertible {
    let millis: Int
    init(_ millis: Int) { self.millis = millis }

    var description: String {
        let fraction = String(1000 + millis % 1000).dropFirst()
        let digits = fraction.reversed().drop { $0 == "0" }.reversed()
        return digits.isEmpty ? String(millis / 1000) : "\(millis / 1000).\(String(digits))"
    }
}
