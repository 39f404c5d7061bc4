import DiskFormats

/// A file or directory of an HFS+ volume: TN1150, "Catalog File Data".
package struct HFSPlusEntry: Sendable {
    package enum Kind: String, Sendable {
        case file, directory, link
        /// A name of a file that has several; `HFSPlusVolume.resolved` leads to the file itself.
        case hardLink
    }

    package var kind: Kind
    package var name: HFSPlusName
    /// The directory's catalog ID.
    package var parent: UInt32
    package var catalogID: UInt32
    /// Seconds since 1970.
    package var created, modified: Int
    package var owner, group: UInt32
    /// Type and permissions as in stat(2); 0 where the volume was not made on a Unix.
    package var mode: Int
    /// chflags(2): the owner's in the lower half.
    package var flags: UInt32
    /// Of a file: its names, or of a hard link the number of the file. TN1150: HFSPlusBSDInfo.special.
    var special: UInt32
    /// Four characters each.
    var type, creator: UInt32
    var data = Fork()
    var resources = Fork()
    /// Of a directory: how many entries it has.
    package var valence: UInt32 = 0
    /// The record's flags: kHFSThreadExistsMask 2, kHFSHasLinkChainMask 0x20, kHFSHasFolderCountMask 0x10.
    var recordFlags: UInt16 = 0
    /// Of a directory with the flag: how many directories it has. Of a file with several names: the first of them.
    var folders: UInt32 = 0

    /// Bytes of the data fork; a compressed file's content is longer.
    package var size: Int { Int(clamping: data.size) }
    /// Whether the content is stored in an attribute or in the resource fork: UF_COMPRESSED of sys/stat.h.
    package var isCompressed: Bool { kind == .file && flags & 0x20 != 0 }

    /// kHardLinkFileType and kHFSPlusCreator: "hlnk", "hfs+".
    static let hardLinkType: UInt32 = 0x686c_6e6b
    static let hardLinkCreator: UInt32 = 0x6866_732b
    /// kSymLinkFileType and kSymLinkCreator: "slnk", "rhap".
    static let linkType: UInt32 = 0x736c_6e6b
    static let linkCreator: UInt32 = 0x7268_6170

    static let folderRecord: UInt16 = 1
    static let fileRecord: UInt16 = 2
    static let folderThread: UInt16 = 3
    static let fileThread: UInt16 = 4
    static let folderSize = 88
    static let fileSize = 248

    /// - Parameter at: where the record begins, behind its key. nil for a thread; `damaged` for what is none of the four.
    init?(_ bytes: [UInt8], at: Int, end: Int, parent: UInt32, name: HFSPlusName) throws(FormatError) {
        guard at + 2 <= end, let type = bytes.bigEndian16(at: at) else { throw .damaged("a record of the catalog is damaged") }
        if type == Self.folderThread || type == Self.fileThread { return nil }
        let isFolder = type == Self.folderRecord
        guard isFolder || type == Self.fileRecord, end - at >= (isFolder ? Self.folderSize : Self.fileSize), end <= bytes.count else {
            throw .damaged("a record of the catalog is damaged")
        }
        func word(_ offset: Int) -> UInt32 { bytes.bigEndian(UInt32.self, at: at + offset) ?? 0 }
        func date(_ offset: Int) -> Int { Int(word(offset)) - VolumeHeader.epoch }
        (self.parent, self.name) = (parent, name)
        recordFlags = bytes.bigEndian16(at: at + 2) ?? 0
        catalogID = word(8)
        (created, modified) = (date(12), date(16))
        (owner, group) = (word(32), word(36))
        // The administrator's, then the owner's.
        flags = UInt32(bytes[at + 41]) | UInt32(bytes[at + 40]) << 16
        mode = Int(bytes.bigEndian16(at: at + 42) ?? 0)
        special = word(44)
        if isFolder {
            (kind, self.type, creator) = (.directory, 0, 0)
            (valence, folders) = (word(4), word(84))
            return
        }
        (self.type, creator) = (word(48), word(52))
        // reserved1: hl_firstLinkID.
        folders = word(4)
        data = Fork(bytes, at: at + 88)
        resources = Fork(bytes, at: at + 168)
        if self.type == Self.hardLinkType && creator == Self.hardLinkCreator {
            kind = .hardLink
        } else if mode & 0o170000 == 0o120000 {
            kind = .link
        } else {
            kind = .file
        }
    }
}

/// A key of the catalog: a directory and a name in it. The empty name is that of a thread, which leads back to the name.
struct CatalogKey: Equatable, Sendable {
    var parent: UInt32
    var name: [UInt16]

    /// nil when the key is damaged.
    init?(_ bytes: [UInt8], _ key: Range<Int>) {
        guard key.count >= 6, let parent = bytes.bigEndian(UInt32.self, at: key.lowerBound),
            let count = bytes.bigEndian16(at: key.lowerBound + 4), count <= HFSPlusName.limit, 6 + 2 * Int(count) <= key.count
        else { return nil }
        self.parent = parent
        name = (0..<Int(count)).map { bytes.bigEndian16(at: key.lowerBound + 6 + 2 * $0) ?? 0 }
    }

    init(parent: UInt32, name: [UInt16]) { (self.parent, self.name) = (parent, name) }

    /// With its length.
    var bytes: [UInt8] {
        var writer = BigEndianWriter()
        writer.append(UInt16(truncatingIfNeeded: 6 + 2 * name.count))
        writer.append(parent)
        writer.append(UInt16(truncatingIfNeeded: name.count))
        for unit in name { writer.append(unit) }
        return writer.bytes
    }

    /// Less than 0 when this key comes first.
    func compared(with other: CatalogKey, exactly: Bool) -> Int {
        if parent != other.parent { return parent < other.parent ? -1 : 1 }
        return exactly ? HFSPlusName.compareExactly(name, other.name) : HFSPlusName.compareIgnoringCase(name, other.name)
    }
}
