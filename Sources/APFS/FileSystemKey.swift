import DiskFormats

/// The key of a record of a volume's file system: Apple File System Reference, j_key_t. What a record belongs to is in the lower 60 bits,
/// its kind in the upper 4.
struct FileSystemKey: Equatable, Sendable {
    /// APFS_TYPE_INODE and the like.
    enum Kind: UInt8, Sendable {
        case inode = 3
        case attribute = 4
        case extent = 8
        case directoryRecord = 9
    }

    let identifier: UInt64
    let kind: UInt8

    static let size = 8

    init(_ bytes: [UInt8]) throws(FormatError) {
        guard let word = bytes.littleEndian(UInt64.self, at: 0) else { throw .damaged("a key of the APFS volume is damaged") }
        (identifier, kind) = (word & 0x0fff_ffff_ffff_ffff, UInt8(word >> 60))
    }

    func belongs(to identifier: UInt64, _ kind: Kind) -> Bool { self.identifier == identifier && self.kind == kind.rawValue }

    /// Whether all records of the identifier and the kind are behind the one with this key.
    func isBefore(_ identifier: UInt64, _ kind: Kind) -> Bool {
        self.identifier < identifier || self.identifier == identifier && self.kind < kind.rawValue
    }
}
