import DiskFormats

/// A block table of a UDIF disk image ("mish"), one for each partition: runs of sectors, and a checksum of what they hold.
struct UDIFTable: Sendable {
    /// As the image names it: "Apple_HFS : 1".
    let name: String
    let checksum: UDIFChecksum
    let runs: [UDIFRun]

    private static let headerSize = 0xcc
    private static let runSize = 40
    /// A terabyte in runs of 1 MiB.
    private static let runLimit = 1 << 20

    /// - Parameters:
    ///   - base: where the data fork begins in the file.
    ///   - sectors: the size of the whole disk.
    /// - Throws: `damaged`; `unsupported` for an unknown codec.
    init(_ bytes: [UInt8], name: String, base: Int, end: Int, sectors: Int) throws(FormatError) {
        self.name = name
        func damage(_ what: String) -> FormatError { .damaged("its block table \"\(name)\" \(what)") }
        guard bytes.has("mish", at: 0), bytes.count >= Self.headerSize, let first = bytes.bigEndianSize(at: 8),
            let dataOffset = bytes.bigEndianSize(at: 24), let checksum = UDIFChecksum(bytes, at: 0x40),
            let count = bytes.bigEndian(UInt32.self, at: 0xc8), first <= sectors, dataOffset <= end - base
        else { throw damage("is damaged") }
        guard count <= Self.runLimit, Int(count) <= (bytes.count - Self.headerSize) / Self.runSize else {
            throw damage("has fewer bytes than its \(count) runs need")
        }
        self.checksum = checksum
        var (runs, next): ([UDIFRun], Int) = ([], 0)
        runs.reserveCapacity(Int(count))
        for index in 0..<Int(count) {
            let at = Self.headerSize + index * Self.runSize
            guard let kind = bytes.bigEndian(UInt32.self, at: at) else { throw damage("is damaged") }
            if kind == UDIFRun.end { break }
            if kind == UDIFRun.comment { continue }
            guard let codec = UDIFRun.Codec(rawValue: kind) else {
                throw .unsupported("its block table \"\(name)\" uses an unknown codec, \(String(kind, radix: 16))")
            }
            guard let sector = bytes.bigEndianSize(at: at + 8), let length = bytes.bigEndianSize(at: at + 16),
                let offset = bytes.bigEndianSize(at: at + 24), let stored = bytes.bigEndianSize(at: at + 32)
            else { throw damage("has a run that is larger than any file") }
            if length == 0 { continue }
            guard sector >= next, sector <= sectors - first, length <= sectors - first - sector else {
                throw damage("has runs that overlap or lie outside of the disk")
            }
            next = sector + length
            var run = UDIFRun(codec: codec, offset: (first + sector) << 9, count: length << 9, storedOffset: 0, storedCount: 0)
            if !codec.isEmpty {
                guard offset <= end - base - dataOffset, stored <= end - base - dataOffset - offset else {
                    throw damage("has a run outside of the file")
                }
                (run.storedOffset, run.storedCount) = (base + dataOffset + offset, stored)
                if codec == .raw {
                    guard stored == run.count else { throw damage("has a raw run of another size than it covers") }
                } else if run.count > UDIFRun.limit || stored > UDIFRun.limit {
                    throw damage("has a compressed run of more than \(UDIFRun.limit >> 20) MiB")
                }
            }
            runs.append(run)
        }
        self.runs = runs
    }
}
