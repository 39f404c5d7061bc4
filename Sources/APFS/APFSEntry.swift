import DiskFormats

/// A file or directory of an APFS volume: Apple File System Reference, j_inode_val_t.
package struct APFSEntry: Equatable, Sendable {
    package enum Kind: String, Sendable { case file, directory, link, other }

    package let kind: Kind
    package let name: String
    /// The inode.
    package let identifier: UInt64
    /// What the file's extents belong to.
    let content: UInt64
    package let owner, group: UInt32
    /// Type and permissions as in stat(2).
    package let mode: Int
    /// chflags(2).
    package let flags: UInt32
    /// Bytes; a compressed file's content is longer.
    package let size: Int

    /// UF_COMPRESSED of sys/stat.h.
    package var isCompressed: Bool { kind == .file && flags & 0x20 != 0 }

    /// - Parameter value: the record of the inode.
    init(_ value: [UInt8], identifier: UInt64, name: String) throws(FormatError) {
        guard let content = value.littleEndian(UInt64.self, at: 8), let flags = value.littleEndian(UInt32.self, at: 68),
            let owner = value.littleEndian(UInt32.self, at: 72), let group = value.littleEndian(UInt32.self, at: 76),
            let mode = value.littleEndian(UInt16.self, at: 80)
        else { throw .damaged("an inode of the APFS volume is damaged") }
        (self.identifier, self.content, self.name) = (identifier, content, name)
        (self.owner, self.group, self.flags, self.mode) = (owner, group, flags, Int(mode))
        kind =
            switch mode & 0o170000 {
            case 0o040000: .directory
            case 0o100000: .file
            case 0o120000: .link
            default: .other
            }
        // INO_EXT_TYPE_DSTREAM: a file without it is empty.
        let stream = try ExtendedFields.value(8, of: value, at: 92)
        size = stream.flatMap { $0.littleEndian(UInt64.self, at: 0) }.map { Int(clamping: $0) } ?? 0
    }
}

/// What follows the fixed part of a record: Apple File System Reference, xf_blob_t.
enum ExtendedFields {
    /// The value of a field; nil when the record has none of the kind.
    static func value(_ kind: UInt8, of record: [UInt8], at offset: Int) throws(FormatError) -> [UInt8]? {
        guard let count = record.littleEndian(UInt16.self, at: offset) else { return nil }
        // The kinds and lengths of all, then their values, each from a multiple of eight on.
        var value = offset + 4 + 4 * Int(count)
        for index in 0..<Int(count) {
            let field = offset + 4 + 4 * index
            guard let other = record.littleEndian(UInt8.self, at: field), let length = record.littleEndian(UInt16.self, at: field + 2),
                value + Int(length) <= record.count
            else { throw .damaged("an inode of the APFS volume is damaged") }
            if other == kind { return Array(record[value..<(value + Int(length))]) }
            value += (Int(length) + 7) & ~7
        }
        return nil
    }
}
