import LinuxSupport

/// Finds in the output of the Linux VM that `boot` failed, and with which exit code.
///
/// guest.sh of the Linux image prints the line. The guest's serial port shares the console, and a guest that prints the same line turns
/// its own end into a failure, nothing more.
struct BootFailure {
    private static let words = "macos-virt: boot failed with exit code "
    /// Longer lines are not this one.
    private static let limit = 256

    /// Of the last such line.
    private(set) var code: Int32?
    private var line: [UInt8] = []

    mutating func read(_ bytes: some Sequence<UInt8>) {
        for byte in bytes {
            guard byte == UInt8(ascii: "\n") || byte == UInt8(ascii: "\r") else {
                if line.count < Self.limit { line.append(byte) }
                continue
            }
            defer { line.removeAll(keepingCapacity: true) }
            let text = String(decoding: line, as: UTF8.self)
            guard let start = text.firstRange(of: Self.words) else { continue }
            code = Int32(text[start.upperBound...].prefix { $0.isASCII && $0.isNumber }) ?? code
        }
    }
}
