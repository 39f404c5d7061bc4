package import SystemPackage

/// What fills a whole device, recognized by its signatures.
package struct DeviceFormat: Equatable, Sendable {
    package var name: String
    package var kind: Partition.Kind

    init(_ name: String, _ kind: Partition.Kind) { (self.name, self.kind) = (name, kind) }

    /// The array or replica that a disk belongs to, by what stands at its end; nil for none.
    ///
    /// - Throws: the `Errno` of reading the device.
    package static func membership(of device: borrowing SignatureReader) throws(Errno) -> DeviceFormat? {
        for signature in Signature.trailers where try device.holds(signature) { return signature.format }
        // Version 1.0 of md: 8 KiB before the end, rounded down to 4 KiB.
        if try device.isMD1(at: device.size & ~0xfff - 0x2000) { return md }
        return nil
    }

    /// What fills a device that has no partition table; nil when nothing is recognized.
    ///
    /// - Throws: the `Errno` of reading the device.
    package static func find(on device: borrowing SignatureReader) throws(Errno) -> DeviceFormat? {
        // Versions 1.1 and 1.2 of md at the start, and 0.90 in the last 64 KiB block but one, rounded down.
        for offset in [0, 4096] where try device.isMD1(at: offset) { return md }
        if try device.isMD0(at: device.size & ~0xffff - 0x10000) { return md }
        if try device.isVIA() { return DeviceFormat("VIA RAID member", .linux) }
        if try device.isZFS() { return DeviceFormat("ZFS", .other) }
        for signature in Signature.containers where try device.holds(signature) { return signature.format }
        for signature in Signature.fileSystems where try device.holds(signature) { return signature.format }
        let head = device.head
        return fat(head) ?? ext(head) ?? minix(head) ?? hfs(head) ?? applePartitions(head) ?? sun(head)
    }

    private static let md = DeviceFormat("md RAID member", .linux)

    /// The type string of a FAT boot sector is a comment; the numbers before it have to make sense too.
    private static func fat(_ head: [UInt8]) -> DeviceFormat? {
        guard head.has("FAT32   ", at: 82) || head.has("FAT16   ", at: 54) || head.has("FAT12   ", at: 54),
            let sector = head.littleEndian(UInt16.self, at: 11), [512, 1024, 2048, 4096].contains(sector),
            head[13].nonzeroBitCount == 1, head.littleEndian(UInt16.self, at: 14) != 0, (1...2).contains(head[16])
        else { return nil }
        return DeviceFormat("FAT", .fat)
    }

    /// s_magic of ext2, 3 and 4, in the superblock at 1024.
    private static func ext(_ head: [UInt8]) -> DeviceFormat? {
        head.littleEndian(UInt16.self, at: 1024 + 56) == 0xef53 ? DeviceFormat("ext4", .linux) : nil
    }

    /// The magic of versions 1 to 3 in the superblock at 1024, with a size of zones that MINIX has: blocks of 1 KiB, shift 0.
    private static func minix(_ head: [UInt8]) -> DeviceFormat? {
        if let magic = head.littleEndian(UInt16.self, at: 1024 + 16), [0x137f, 0x138f, 0x2468, 0x2478].contains(magic),
            head.littleEndian(UInt16.self, at: 1024 + 10) == 0, head.littleEndian(UInt16.self, at: 1024) != 0
        {
            return DeviceFormat("MINIX", .linux)
        }
        guard head.littleEndian(UInt16.self, at: 1024 + 24) == 0x4d5a, let block = head.littleEndian(UInt16.self, at: 1024 + 28),
            [1024, 2048, 4096].contains(block)
        else { return nil }
        return DeviceFormat("MINIX", .linux)
    }

    /// Master directory block: "BD", and blocks of a multiple of 512 bytes (Inside Macintosh: Files, 2-60).
    private static func hfs(_ head: [UInt8]) -> DeviceFormat? {
        guard head.has("BD", at: 1024), let block = head.littleEndian(UInt32.self, at: 1024 + 20)?.byteSwapped, block > 0, block % 512 == 0
        else { return nil }
        return DeviceFormat("HFS", .hfsPlus)
    }

    /// Block 0 says "ER", block 1 begins the map with "PM" (Inside Macintosh: Devices, 3-25).
    private static func applePartitions(_ head: [UInt8]) -> DeviceFormat? {
        guard head.has("ER", at: 0), let block = head.bigEndian16(at: 2), head.has("PM", at: Int(block)) else { return nil }
        return DeviceFormat("Apple partition map", .appleOther)
    }

    /// 0xDABE, and the exclusive or of all words is 0.
    private static func sun(_ head: [UInt8]) -> DeviceFormat? {
        guard head.bigEndian16(at: 508) == 0xdabe else { return nil }
        let sum = stride(from: 0, to: 512, by: 2).reduce(UInt16(0)) { $0 ^ (head.bigEndian16(at: $1) ?? 0) }
        return sum == 0 ? DeviceFormat("Sun disk label", .other) : nil
    }
}

/// Reads a device for signatures: what is near its start or its end comes from two reads.
package struct SignatureReader: ~Copyable {
    private let source: BlockSource
    package let head: [UInt8]
    private let tail: [UInt8]
    private let tailStart: Int
    var size: Int { source.size }

    /// Both ends of a device up to Btrfs's superblock and back to HighPoint's.
    static let (headSize, tailSize) = (0x11000, 16 << 10)

    /// - Parameter head: what has been read of the start.
    /// - Throws: the `Errno` of reading the device.
    package init(_ source: BlockSource, head: [UInt8]) throws(Errno) {
        self.source = source
        self.head = head
        tailStart = max(0, (source.size - Self.tailSize) & ~0x1ff)
        tail = try source.read(tailStart, max(0, source.size - tailStart))
    }

    func holds(_ signature: Signature) throws(Errno) -> Bool {
        let offset = signature.offset < 0 ? size & ~0x1ff + signature.offset : signature.offset
        return signature.magic.stands(in: try bytes(offset, signature.magic.count))
    }

    /// Fewer or none past the end.
    private func bytes(_ offset: Int, _ count: Int) throws(Errno) -> [UInt8] {
        guard offset >= 0, offset <= size - count else { return [] }
        if offset + count <= head.count { return Array(head[offset..<offset + count]) }
        if offset >= tailStart, offset - tailStart + count <= tail.count {
            return Array(tail[(offset - tailStart)..<(offset - tailStart + count)])
        }
        return try source.read(offset, count)
    }

    /// mdp_superblock_1: the magic, and the superblock's own place in sectors at 128.
    func isMD1(at offset: Int) throws(Errno) -> Bool {
        let block = try bytes(offset, 144)
        return block.littleEndian(UInt32.self, at: 0) == 0xa92b_4efc && block.littleEndian(UInt32.self, at: 4) == 1
            && block.littleEndian(UInt64.self, at: 128) == UInt64(max(offset, 0) / 512)
    }

    /// mdp_super_t: the magic in either byte order, then major version 0 and minor version 90.
    func isMD0(at offset: Int) throws(Errno) -> Bool {
        let block = try bytes(offset, 12)
        let words = (0..<3).compactMap { block.littleEndian(UInt32.self, at: 4 * $0) }
        return [[0xa92b_4efc, 0, 90], [0xa92b_4efc, 0, 91]].contains { $0 == words || $0.map(\.byteSwapped) == words }
    }

    /// The signature 0xAA55 and a sum of 50 bytes.
    func isVIA() throws(Errno) -> Bool {
        let block = try bytes(size & ~0x1ff - 512, 51)
        guard block.count == 51, block[0] == 0x55, block[1] == 0xaa, block[2] <= 2 else { return false }
        return block[..<50].reduce(0, &+) == block[50]
    }

    /// Any of the four labels, two at each end: a list of names and values whose first name is "version"
    /// (ZFS On-Disk Specification, chapter 1).
    func isZFS() throws(Errno) -> Bool {
        let label = 256 << 10
        let end = size & ~(label - 1)
        for start in [0, label, end - 2 * label, end - label] {
            let list = try bytes(start + (16 << 10), 31)
            if list.has("version", at: 24), list[0] <= 1, list[1] <= 1 { return true }
        }
        return false
    }
}
