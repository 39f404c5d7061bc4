import DiskFormats

/// The last 512 bytes of a UDIF disk image ("koly"): where its parts are, relative to the image's start.
///
/// Big-endian. The image can begin anywhere in the file: installer packages end with one.
struct UDIFTrailer: Equatable {
    static let size = 512

    /// Bytes of the file before the image.
    let start: Int
    let dataFork, resourceFork, propertyList: Range<Int>
    let dataChecksum, masterChecksum: UDIFChecksum
    /// Of 512 bytes.
    let sectors: Int

    /// - Throws: `damaged`; `unsupported` for an encrypted image or one in several files.
    init(_ source: any ByteSource) throws(FormatError) {
        guard source.size >= Self.size, case let bytes = try source.bytes(at: source.size - Self.size, count: Self.size),
            bytes.has("koly", at: 0)
        else {
            if try source.head(8).has("encrcdsa", at: 0) { throw .unsupported("the disk image is encrypted") }
            if source.size >= 276, try source.bytes(at: source.size - 276, count: 8).has("cdsaencr", at: 0) {
                throw .unsupported("the disk image is encrypted")
            }
            throw .damaged("it is no UDIF disk image: its last 512 bytes are no trailer")
        }
        guard bytes.bigEndian(UInt32.self, at: 4) == 4, bytes.bigEndian(UInt32.self, at: 8) == 512 else {
            throw .unsupported("its UDIF trailer has another version than 4")
        }
        // Where it is one of several files, this is its number and theirs.
        guard let segments = bytes.bigEndian(UInt32.self, at: 0x3c), segments <= 1 else {
            throw .unsupported("the disk image is in several files: join them on a Mac with hdiutil convert")
        }
        let end = source.size - Self.size
        func range(_ offset: Int) throws(FormatError) -> Range<Int> {
            guard let start = bytes.bigEndianSize(at: offset), let count = bytes.bigEndianSize(at: offset + 8), start <= end,
                count <= end - start
            else { throw .damaged("its UDIF trailer names a part outside of the image") }
            return start..<(start + count)
        }
        dataFork = try range(0x18)
        resourceFork = try range(0x28)
        propertyList = try range(0xd8)
        // Images since OS X 10.11 can be signed; the signature comes last.
        let signature = try range(0x128)
        guard let dataChecksum = UDIFChecksum(bytes, at: 0x50), let masterChecksum = UDIFChecksum(bytes, at: 0x160),
            let sectors = bytes.bigEndianSize(at: 0x1ec), sectors <= Self.sectorLimit
        else { throw .damaged("its UDIF trailer is damaged") }
        (self.dataChecksum, self.masterChecksum, self.sectors) = (dataChecksum, masterChecksum, sectors)
        // The part that ends last ends where the trailer begins.
        let parts = [dataFork, resourceFork, propertyList, signature].filter { !$0.isEmpty }.map(\.upperBound).max() ?? 0
        start = try Self.start(of: source, end: end, parts: parts, list: propertyList)
    }

    /// 2^50 sectors are half an exabyte; a byte count is far from overflow.
    private static let sectorLimit = 1 << 50

    /// An image that is a file of its own can have anything between its parts and its trailer; then its property list is where it says.
    private static func start(of source: any ByteSource, end: Int, parts: Int, list: Range<Int>) throws(FormatError) -> Int {
        let start = end - parts
        guard start > 0, !list.isEmpty else { return start }
        for candidate in [start, 0] where list.upperBound <= end - candidate {
            let head = try source.bytes(at: candidate + list.lowerBound, count: min(list.count, 6))
            if head.has("<?xml", at: 0) || head.has("<plist", at: 0) || head.has("<!DOC", at: 0) { return candidate }
        }
        throw .damaged("its UDIF trailer names a property list that is not there")
    }
}

/// A checksum as UDIF stores it: a kind, a number of bits, and 128 bytes of room.
struct UDIFChecksum: Equatable, Sendable {
    /// 0 for none, 2 for CRC-32.
    let kind: UInt32
    /// Of a CRC-32.
    let value: UInt32

    init?(_ bytes: [UInt8], at offset: Int) {
        guard let kind = bytes.bigEndian(UInt32.self, at: offset), let bits = bytes.bigEndian(UInt32.self, at: offset + 4),
            let value = bytes.bigEndian(UInt32.self, at: offset + 8)
        else { return nil }
        // Without bits there is nothing to compare.
        self.kind = bits == 0 ? 0 : kind
        self.value = value
    }

    /// Whether it is a CRC-32, which is what Apple's tools write.
    var isCRC32: Bool { kind == 2 }
}
