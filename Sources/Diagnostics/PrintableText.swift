extension StringProtocol {
    /// The text with each character that controls a terminal or the direction of text replaced by `?`.
    ///
    /// For text that comes from a disk, a device, a file or another program: partition names, serial numbers, error messages.
    package var printable: String {
        if utf8.allSatisfy({ (0x20..<0x7f).contains($0) }) { return String(self) }
        var result = String.UnicodeScalarView()
        for scalar in unicodeScalars {
            switch scalar.value {
            // C0, DEL and C1, and the Unicode line ends.
            case 0..<0x20, 0x7f..<0xa0, 0x2028, 0x2029: result.append("?")
            // Directional marks, overrides and isolates would reorder the text around them (UAX #9).
            case 0x061c, 0x200e, 0x200f, 0x202a...0x202e, 0x2066...0x2069: result.append("?")
            default: result.append(scalar)
            }
        }
        return String(result)
    }
}
