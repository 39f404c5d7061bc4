/// Puts lines together from what arrives in pieces.
struct LineFramer: Sendable {
    /// Bytes of a line.
    let limit: Int
    /// The beginning of a line, without its end.
    private var pending: [UInt8] = []

    init(limit: Int) { self.limit = limit }

    /// - Returns: the lines that are complete now, without their ends (LF or CR LF); empty ones are left out.
    /// - Throws: `lineTooLong` for a line over the limit, whether its end has come or not.
    mutating func lines(adding bytes: [UInt8]) throws(ProtocolError) -> [[UInt8]] {
        var lines: [[UInt8]] = []
        var rest = bytes[...]
        while let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
            let line = pending + rest[..<end]
            pending = []
            rest = rest[(end + 1)...]
            guard line.count <= limit else { throw .lineTooLong(limit: limit) }
            let text = line.last == UInt8(ascii: "\r") ? Array(line.dropLast()) : line
            if !text.isEmpty { lines.append(text) }
        }
        guard pending.count + rest.count <= limit else { throw .lineTooLong(limit: limit) }
        pending += rest
        return lines
    }
}
