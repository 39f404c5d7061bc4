/// The last bytes of a stream.
struct ByteRing {
    let limit: Int
    private var bytes: [UInt8] = []
    /// Where the oldest byte is, once the ring is full.
    private var start = 0

    /// - Parameter limit: in bytes.
    init(limit: Int) { self.limit = limit }

    mutating func append(_ new: some Collection<UInt8>) {
        for byte in new.suffix(limit) {
            if bytes.count < limit {
                bytes.append(byte)
            } else {
                bytes[start] = byte
                start = (start + 1) % limit
            }
        }
    }

    /// The oldest first.
    var contents: [UInt8] { Array(bytes[start...]) + bytes[..<start] }

    mutating func removeAll() { (bytes, start) = ([], 0) }
}
