import DiskFormats

/// The header of an HFS+ volume, 1024 bytes behind its start and again 1024 before its end: TN1150, "Volume Header".
struct VolumeHeader: Equatable, Sendable {
    static let size = 512
    /// Bytes from the start of the volume.
    static let offset = 1024

    /// Whether names differ by case: "HX" instead of "H+", and the catalog says how.
    var isExtended = false
    var attributes: UInt32 = Self.unmounted
    var lastMountedVersion = Array("10.0".utf8)
    /// Seconds since 1904. The first is in local time, the others in UTC.
    var created, modified, checked: UInt32
    var files: UInt32 = 0
    var folders: UInt32 = 0
    /// Bytes of an allocation block, and their number.
    var blockSize: UInt32
    var blocks: UInt32
    var freeBlocks: UInt32 = 0
    var nextAllocation: UInt32 = 0
    /// Bytes.
    var clumpSize: UInt32 = 65536
    var nextCatalogID: UInt32 = 16
    /// Eight numbers: directories to boot from, which a volume of files leaves zero, and at the end its identifier.
    var finderInfo: [UInt32] = Array(repeating: 0, count: 8)
    var allocation = Fork()
    var extents = Fork()
    var catalog = Fork()
    var attributeFile = Fork()
    var startup = Fork()

    /// kHFSVolumeUnmountedBit: nothing has to be repaired.
    static let unmounted: UInt32 = 1 << 8
    /// kHFSVolumeJournaledBit.
    static let journaled: UInt32 = 1 << 13
    /// Seconds from 1904 to 1970.
    static let epoch = 2_082_844_800

    init(created: UInt32, blockSize: UInt32, blocks: UInt32) {
        (self.created, modified, checked) = (created, created, created)
        (self.blockSize, self.blocks) = (blockSize, blocks)
    }

    /// nil unless the 512 bytes are a header of version 4 or 5.
    init?(_ bytes: [UInt8]) {
        guard bytes.count >= Self.size, bytes.has("H+", at: 0) || bytes.has("HX", at: 0), let version = bytes.bigEndian16(at: 2),
            version == 4 || version == 5
        else { return nil }
        func word(_ offset: Int) -> UInt32 { bytes.bigEndian(UInt32.self, at: offset) ?? 0 }
        isExtended = bytes.has("HX", at: 0)
        attributes = word(4)
        lastMountedVersion = Array(bytes[8..<12])
        (created, modified, checked) = (word(16), word(20), word(28))
        (files, folders) = (word(32), word(36))
        (blockSize, blocks, freeBlocks, nextAllocation) = (word(40), word(44), word(48), word(52))
        (clumpSize, nextCatalogID) = (word(60), word(64))
        finderInfo = (0..<8).map { word(80 + 4 * $0) }
        allocation = Fork(bytes, at: 112)
        extents = Fork(bytes, at: 192)
        catalog = Fork(bytes, at: 272)
        attributeFile = Fork(bytes, at: 352)
        startup = Fork(bytes, at: 432)
        guard blockSize >= 512, blockSize.nonzeroBitCount == 1, blockSize <= 1 << 27, blocks > 0 else { return nil }
    }

    var bytes: [UInt8] {
        var writer = BigEndianWriter()
        writer.append(Array((isExtended ? "HX" : "H+").utf8))
        writer.append(UInt16(isExtended ? 5 : 4))
        writer.append(attributes)
        writer.append(lastMountedVersion)
        writer.append(UInt32(0))
        for number in [created, modified, 0, checked, files, folders, blockSize, blocks, freeBlocks, nextAllocation] {
            writer.append(number)
        }
        for number in [clumpSize, clumpSize, nextCatalogID, 0] { writer.append(number) }
        // The encodings of names: MacRoman only.
        writer.append(UInt64(1))
        for number in finderInfo { writer.append(number) }
        for fork in [allocation, extents, catalog, attributeFile, startup] { fork.append(to: &writer) }
        return writer.bytes
    }
}

/// Where the content of a file is: TN1150, "Fork Data Structure".
struct Fork: Equatable, Sendable {
    /// Bytes.
    var size: UInt64 = 0
    var clumpSize: UInt32 = 0
    /// Allocation blocks, those of further extents included.
    var blocks: UInt32 = 0
    /// At most eight; empty ones are left out.
    var extents: [Extent] = []

    struct Extent: Equatable, Sendable {
        var start, count: UInt32
        var end: Int { Int(start) + Int(count) }
    }

    static let bytes = 80
    static let extentLimit = 8

    init() {}

    init(size: UInt64, clumpSize: UInt32 = 0, extent: Extent?) {
        (self.size, self.clumpSize) = (size, clumpSize)
        blocks = extent?.count ?? 0
        extents = extent.map { $0.count > 0 ? [$0] : [] } ?? []
    }

    /// The caller has checked that the bytes are there.
    init(_ bytes: [UInt8], at offset: Int) {
        size = bytes.bigEndian(UInt64.self, at: offset) ?? 0
        clumpSize = bytes.bigEndian(UInt32.self, at: offset + 8) ?? 0
        blocks = bytes.bigEndian(UInt32.self, at: offset + 12) ?? 0
        extents = Self.extents(bytes, at: offset + 16)
    }

    /// Eight extents, up to the first empty one.
    static func extents(_ bytes: [UInt8], at offset: Int) -> [Extent] {
        var extents: [Extent] = []
        for index in 0..<extentLimit {
            guard let start = bytes.bigEndian(UInt32.self, at: offset + 8 * index),
                let count = bytes.bigEndian(UInt32.self, at: offset + 8 * index + 4), count > 0
            else { break }
            extents.append(Extent(start: start, count: count))
        }
        return extents
    }

    func append(to writer: inout BigEndianWriter) {
        writer.append(size)
        writer.append(clumpSize)
        writer.append(blocks)
        for index in 0..<Self.extentLimit {
            let extent = index < extents.count ? extents[index] : Extent(start: 0, count: 0)
            writer.append(extent.start)
            writer.append(extent.count)
        }
    }
}

/// Bytes of a structure, number by number.
struct BigEndianWriter {
    var bytes: [UInt8] = []

    mutating func append(_ number: some FixedWidthInteger) { withUnsafeBytes(of: number.bigEndian) { bytes += $0 } }
    mutating func append(_ text: [UInt8]) { bytes += text }
    mutating func zeros(_ count: Int) { bytes += repeatElement(0, count: count) }
}
