import DiskFormats

/// UUIDs as the Reference stores them: in the order in which they are written.
enum UUIDText {
    /// With capital letters, as macOS shows it.
    static func text(_ bytes: [UInt8], at offset: Int) -> String {
        var text = ""
        for index in 0..<16 {
            if [4, 6, 8, 10].contains(index) { text += "-" }
            let byte = bytes.littleEndian(UInt8.self, at: offset + index) ?? 0
            text += String(byte >> 4, radix: 16, uppercase: true) + String(byte & 15, radix: 16, uppercase: true)
        }
        return text
    }
}
