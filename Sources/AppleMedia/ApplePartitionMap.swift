import DiskFormats

/// The Apple partition map of older disk images: Inside Macintosh, Devices, 3-26.
///
/// Block 0 begins with "ER" and the size of a block; each block from 1 on, as many as the first one says, is an entry "PM".
enum ApplePartitionMap {
    struct Entry: Equatable {
        var name, type: String
        /// Bytes.
        var offset, size: Int
    }

    /// nil when there is no map; entries outside of the disk are left out.
    static func entries(_ disk: any ByteSource) throws(FormatError) -> [Entry]? {
        let head = try disk.head(512)
        guard head.has("ER", at: 0), let blockSize = head.bigEndian16(at: 2).map({ Int($0) }), [512, 1024, 2048, 4096].contains(blockSize),
            disk.contains(blockSize, 512), let count = try disk.bytes(at: blockSize, count: 512).bigEndian(UInt32.self, at: 4)
        else { return nil }
        var entries: [Entry] = []
        // 63 entries fit into the usual map.
        for index in 1...max(1, min(Int(count), 256)) {
            guard disk.contains(index * blockSize, 512), case let bytes = try disk.bytes(at: index * blockSize, count: 512),
                bytes.has("PM", at: 0), let start = bytes.bigEndian(UInt32.self, at: 8), let blocks = bytes.bigEndian(UInt32.self, at: 12)
            else { break }
            func text(_ offset: Int) -> String { String(decoding: bytes[offset..<(offset + 32)].prefix { $0 != 0 }, as: UTF8.self) }
            let entry = Entry(name: text(16), type: text(48), offset: Int(start) * blockSize, size: Int(blocks) * blockSize)
            if disk.contains(entry.offset, entry.size) { entries.append(entry) }
        }
        return entries.isEmpty ? nil : entries
    }
}
