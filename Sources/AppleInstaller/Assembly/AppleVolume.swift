package import DiskFormats
import SystemPackage

/// The volume of macOS on a disk: HFS+ or APFS, in a partition or over the whole disk.
package struct AppleVolume: Equatable, Sendable {
    package enum Kind: String, Sendable {
        case hfsPlus = "HFS+"
        case apfs = "APFS"

        /// Of a GPT partition with it: TN2166, and Apple's APFS Reference.
        package var partitionType: String {
            switch self {
            case .hfsPlus: "48465300-0000-11AA-AA11-00306543ECAC"
            case .apfs: "7C3457EF-0000-11AA-AA11-00306543ECAC"
            }
        }
    }

    package let kind: Kind
    /// Bytes from the start of the disk.
    package let offset: Int
    package let size: Int

    /// The first volume of macOS.
    /// - Throws: `notFound`; `damaged` for a partition that ends outside of the disk.
    package init(on disk: any ByteSource) throws(FormatError) {
        for (offset, size) in try Self.places(disk) {
            guard disk.contains(offset, size) else { throw .damaged("a partition ends outside of the disk") }
            if let kind = try Self.kind(disk, offset, size) {
                (self.kind, self.offset, self.size) = (kind, offset, size)
                return
            }
        }
        throw .notFound("it has no volume of macOS (HFS+ or APFS)")
    }

    /// Where volumes can be: partitions of a GPT, an MBR or Apple's partition map, else the whole disk.
    private static func places(_ disk: any ByteSource) throws(FormatError) -> [(offset: Int, size: Int)] {
        if try kind(disk, 0, disk.size) != nil { return [(0, disk.size)] }
        if let map = try partitionMap(disk) { return map }
        do throws(Errno) {
            let layout = try PartitionTableReader.layout(of: BlockSource(disk))
            return layout?.extents.compactMap { extent in extent.offset.map { ($0, extent.size) } } ?? []
        } catch {
            throw .reading(error)
        }
    }

    /// "H+" or "HX" at byte 1024 (TN1150, Volume Header), "NXSB" at byte 32 (Apple File System Reference, nx_superblock_t).
    private static func kind(_ disk: any ByteSource, _ offset: Int, _ size: Int) throws(FormatError) -> Kind? {
        guard size >= 1536, disk.contains(offset, 1536) else { return nil }
        let head = try disk.bytes(at: offset, count: 1536)
        if head.has("H+", at: 1024) || head.has("HX", at: 1024) { return .hfsPlus }
        return head.has("NXSB", at: 32) ? .apfs : nil
    }

    /// Apple's partition map: "ER" in block 0, then an entry a block, the first of which says how many there are (Inside Macintosh:
    /// Devices, chapter 3). Blocks have 512 bytes in disk images.
    private static func partitionMap(_ disk: any ByteSource) throws(FormatError) -> [(offset: Int, size: Int)]? {
        guard disk.size >= 2048, try disk.head(2).elementsEqual("ER".utf8) else { return nil }
        var (places, count, index): ([(offset: Int, size: Int)], Int, Int) = ([], 1, 0)
        while index < count {
            let block = 512 * (index + 1)
            guard disk.contains(block, 512) else { throw .damaged("its partition map ends outside of the disk") }
            let entry = try disk.bytes(at: block, count: 512)
            guard entry.has("PM", at: 0) else { break }
            func number(_ offset: Int) -> Int { entry[offset..<offset + 4].reduce(0) { $0 << 8 | Int($1) } }
            count = min(number(4), 63)
            if entry.has("Apple_HFS", at: 48) || entry.has("Apple_APFS", at: 48) { places.append((number(8) * 512, number(12) * 512)) }
            index += 1
        }
        return places.isEmpty ? nil : places
    }
}
