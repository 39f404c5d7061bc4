/// Reads files of a FAT12, FAT16 or FAT32 volume by their path.
///
/// The volume can be anybody's. Nothing is read recursively, every chain of clusters ends after as many as the volume has, and a
/// directory after as many entries as FAT allows, so that loops in it cost nothing. Layout: Microsoft's fatgen103, and ECMA-107.
package struct FATReader {
    package struct Entry: Equatable {
        /// The long name if there is one, else the short name.
        package var name: String
        package var isDirectory: Bool
        /// Bytes, as the directory says.
        package var size: Int
        fileprivate var cluster: Int
    }

    private let source: BlockSource
    /// Bytes from the start of the source.
    private let start: Int
    private let sectorSize: Int
    private let clusterSize: Int
    /// The first FAT, the root directory of FAT12 and FAT16, and the first cluster: bytes from the start of the volume.
    private let (fat, root, data): (Int, Int, Int)
    /// Entries of the root directory of FAT12 and FAT16; 0 for FAT32, whose root is a chain.
    private let rootEntries: Int
    private let rootCluster: Int
    private let clusters: Int
    /// 12, 16 or 32.
    private let bits: Int

    /// A directory has at most 65536 entries of 32 bytes.
    private static let directoryLimit = 2 << 20

    /// nil for what is not a FAT volume.
    /// - Parameter offset: bytes from the start of the source.
    package init?(_ source: BlockSource, at offset: Int) {
        guard offset >= 0, offset < source.size, let boot = try? source.read(offset, 512), boot.count == 512,
            let sector = boot.littleEndian(UInt16.self, at: 11), [512, 1024, 2048, 4096].contains(sector),
            boot[13].nonzeroBitCount == 1, let reserved = boot.littleEndian(UInt16.self, at: 14), reserved > 0, (1...2).contains(boot[16]),
            let entries = boot.littleEndian(UInt16.self, at: 17), let small = boot.littleEndian(UInt16.self, at: 19),
            let smallFAT = boot.littleEndian(UInt16.self, at: 22), let large = boot.littleEndian(UInt32.self, at: 32),
            let largeFAT = boot.littleEndian(UInt32.self, at: 36), let rootCluster = boot.littleEndian(UInt32.self, at: 44)
        else { return nil }
        let total = small != 0 ? Int(small) : Int(large)
        let perFAT = smallFAT != 0 ? Int(smallFAT) : Int(largeFAT)
        let rootSectors = (Int(entries) * 32 + Int(sector) - 1) / Int(sector)
        // Numbers of 32 bits at most: none of these can overflow.
        let before = Int(reserved) + Int(boot[16]) * perFAT + rootSectors
        guard perFAT > 0, total > before else { return nil }
        (self.source, start, sectorSize, clusterSize) = (source, offset, Int(sector), Int(sector) * Int(boot[13]))
        fat = Int(reserved) * Int(sector)
        root = (Int(reserved) + Int(boot[16]) * perFAT) * Int(sector)
        data = before * Int(sector)
        clusters = (total - before) / Int(boot[13])
        bits = clusters < 4085 ? 12 : clusters < 65525 ? 16 : 32
        guard (bits == 32) == (entries == 0) else { return nil }
        (rootEntries, self.rootCluster) = (Int(entries), Int(rootCluster))
    }

    /// The file or directory with a path such as "EFI/OC/OpenCore.efi"; nil if there is none. Case does not matter.
    package func find(_ path: String) -> Entry? {
        var found = Entry(name: "", isDirectory: true, size: 0, cluster: 0)
        for part in path.split(separator: "/") {
            guard found.isDirectory, let next = entries(found).first(where: { $0.name.lowercased() == part.lowercased() }) else {
                return nil
            }
            found = next
        }
        return found
    }

    /// What is in a directory; empty for a damaged one.
    package func entries(_ directory: Entry) -> [Entry] {
        let bytes =
            directory.cluster == 0 && bits != 32
            ? read(root, rootEntries * 32) : chain(directory.cluster == 0 ? rootCluster : directory.cluster, limit: Self.directoryLimit)
        return bytes.map(Self.parse) ?? []
    }

    /// The content of a file; nil when it is longer than the limit or damaged.
    package func contents(_ file: Entry, limit: Int) -> [UInt8]? {
        guard !file.isDirectory, file.size <= limit else { return nil }
        if file.size == 0 { return [] }
        guard let bytes = chain(file.cluster, limit: file.size), bytes.count >= file.size else { return nil }
        return Array(bytes[..<file.size])
    }

    /// The clusters of a file up to `limit` bytes; nil when the chain leaves the volume or ends nowhere.
    private func chain(_ first: Int, limit: Int) -> [UInt8]? {
        var (bytes, cluster, count): ([UInt8], Int, Int) = ([], first, 0)
        while bytes.count < limit {
            guard (2..<(clusters + 2)).contains(cluster), count < clusters else { return nil }
            guard let part = read(data + (cluster - 2) * clusterSize, clusterSize) else { return nil }
            bytes += part
            count += 1
            guard let next = next(cluster) else { return nil }
            if next >= end { break }
            cluster = next
        }
        return bytes
    }

    /// Values from here on mark the last cluster of a chain.
    private var end: Int { bits == 12 ? 0xff8 : bits == 16 ? 0xfff8 : 0x0fff_fff8 }

    /// The FAT's entry of a cluster.
    private func next(_ cluster: Int) -> Int? {
        switch bits {
        case 12:
            guard let pair = read(fat + cluster * 3 / 2, 2)?.littleEndian(UInt16.self, at: 0) else { return nil }
            return Int(cluster.isMultiple(of: 2) ? pair & 0xfff : pair >> 4)
        case 16: return read(fat + cluster * 2, 2)?.littleEndian(UInt16.self, at: 0).map { Int($0) }
        default: return read(fat + cluster * 4, 4)?.littleEndian(UInt32.self, at: 0).map { Int($0 & 0x0fff_ffff) }
        }
    }

    /// - Parameter offset: bytes from the start of the volume.
    private func read(_ offset: Int, _ count: Int) -> [UInt8]? {
        guard offset >= 0, count >= 0, offset <= source.size - start, count <= source.size - start - offset,
            let bytes = try? source.read(start + offset, count), bytes.count == count
        else { return nil }
        return bytes
    }

    private static func parse(_ bytes: [UInt8]) -> [Entry] {
        var entries: [Entry] = []
        // UTF-16 units of a long name, from its last part to its first.
        var long: [[UInt16]] = []
        for offset in stride(from: 0, through: bytes.count - 32, by: 32) {
            guard bytes[offset] != 0 else { break }
            let attributes = bytes[offset + 11]
            if bytes[offset] == 0xe5 {
                long = []
                continue
            }
            if attributes & 0x3f == 0x0f {
                // At most 20 parts of 13 units.
                if bytes[offset] & 0x40 != 0 { long = [] }
                let places = Array(stride(from: 1, to: 11, by: 2)) + Array(stride(from: 14, to: 26, by: 2)) + [28, 30]
                if long.count < 20 { long.append(places.map { bytes.littleEndian(UInt16.self, at: offset + $0) ?? 0 }) }
                continue
            }
            defer { long = [] }
            // Bit 3 marks the volume's label.
            guard attributes & 0x08 == 0 else { continue }
            let units = long.reversed().flatMap { $0 }.prefix { $0 != 0 && $0 != 0xffff }
            let name = units.isEmpty ? short(Array(bytes[offset..<(offset + 13)])) : String(decoding: units, as: UTF16.self)
            guard name != ".", name != "..", let low = bytes.littleEndian(UInt16.self, at: offset + 26),
                let high = bytes.littleEndian(UInt16.self, at: offset + 20), let size = bytes.littleEndian(UInt32.self, at: offset + 28)
            else { continue }
            entries.append(
                Entry(name: name, isDirectory: attributes & 0x10 != 0, size: Int(size), cluster: Int(high & 0x0fff) << 16 | Int(low)))
        }
        return entries
    }

    /// NAME.EXT; bits 3 and 4 of the byte behind the attributes put name and extension in lower case, as Linux and Windows do.
    private static func short(_ bytes: [UInt8]) -> String {
        func text(_ range: Range<Int>, lower: Bool) -> String {
            let text = String(decoding: bytes[range], as: UTF8.self)
            let trimmed = String(text.prefix(text.count - text.reversed().prefix { $0 == " " }.count))
            return lower ? trimmed.lowercased() : trimmed
        }
        let name = text(0..<8, lower: bytes[12] & 0x08 != 0)
        let suffix = text(8..<11, lower: bytes[12] & 0x10 != 0)
        return suffix.isEmpty ? name : "\(name).\(suffix)"
    }
}
