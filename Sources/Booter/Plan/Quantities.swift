/// A size in bytes as text: 64 GiB, 1.5 GiB, 512 MiB, 4096 bytes.
struct ByteCount: CustomStringConvertible {
    let bytes: Int
    init(_ bytes: Int) { self.bytes = bytes }

    var description: String {
        for (shift, unit) in [(40, "TiB"), (30, "GiB"), (20, "MiB")] where bytes >> shift > 0 {
            let tenths = ((bytes >> (shift - 10)) * 10) >> 10
            return tenths % 10 == 0 ? "\(tenths / 10) \(unit)" : "\(tenths / 10).\(tenths % 10) \(unit)"
        }
        return "\(bytes) bytes"
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
