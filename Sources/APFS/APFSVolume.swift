package import DiskFormats
import LinuxSupport
import MediaCodecs

/// A volume of an APFS container: Apple File System Reference, apfs_superblock_t.
///
/// Paths are relative to the volume's top, with slashes between names and without one at the start. Links and firmlinks are not followed.
package struct APFSVolume: Sendable {
    package let name: String
    /// The UUID, with capital letters.
    package let identifier: String
    /// nil for a role that is younger than this program.
    package let role: APFSRole?
    /// The UUID that the System and the Data volume of a macOS share; nil for a volume without a group.
    package let group: String?
    package let isCaseSensitive: Bool
    package let isEncrypted: Bool
    /// Whether its files are protected by a hash over all of them, as those of the System volume of macOS 11 and newer.
    package let isSealed: Bool
    package let files, directories, snapshots: UInt64

    let blocks: BlockReader
    private let tree: APFSTree
    /// Where a sealed volume has its extents.
    private let sealedExtents: APFSTree?

    /// ROOT_DIR_INO_NUM.
    private static let rootDirectory: UInt64 = 2
    /// Extents that one file may have: of one block each, 4 GiB.
    private static let extentLimit = 1 << 20

    /// - Parameters:
    ///   - address: of its superblock.
    ///   - index: among the volumes of the container, for messages.
    init(at address: UInt64, index: Int, _ blocks: BlockReader) throws(FormatError) {
        let (header, bytes) = try blocks.object(address, .volume)
        guard bytes.has("APSB", at: 32) else { throw .damaged("the superblock of the APFS volume \(index + 1) is damaged") }
        func number(_ offset: Int) -> UInt64 { bytes.littleEndian(UInt64.self, at: offset) ?? 0 }
        self.blocks = blocks
        let features = number(56)
        // APFS_INCOMPAT_CASE_INSENSITIVE, APFS_INCOMPAT_SEALED_VOLUME, APFS_FS_UNENCRYPTED.
        isCaseSensitive = features & 0x1 == 0
        isSealed = features & 0x20 != 0
        isEncrypted = number(264) & 0x1 == 0
        (files, directories, snapshots) = (number(184), number(192), number(216))
        identifier = GUID(bigEndian: Array(bytes[240..<256]))?.uppercaseText ?? ""
        name = String(decoding: bytes[704..<960].prefix { $0 != 0 }, as: UTF8.self)
        role = bytes.littleEndian(UInt16.self, at: 964).flatMap(APFSRole.init)
        group = bytes[1008..<1024].contains { $0 != 0 } ? GUID(bigEndian: Array(bytes[1008..<1024]))?.uppercaseText : nil

        let map = try ObjectMap(at: number(128), blocks)
        // apfs_root_tree_oid. OBJ_PHYSICAL of apfs_root_tree_type: the tree of a sealed volume may be one.
        let root = number(136)
        if (bytes.littleEndian(UInt32.self, at: 116) ?? 0) & 0x4000_0000 != 0 {
            tree = APFSTree(root: root, children: .physical, blocks)
        } else {
            guard let address = try map.address(of: root, before: header.transaction) else {
                throw .damaged("the file system of the APFS volume \"\(name)\" is missing")
            }
            tree = APFSTree(
                root: address, children: .virtual(map, transaction: header.transaction, base: isSealed ? root : 0), blocks)
        }
        // apfs_fext_tree_oid: a physical object.
        sealedExtents = isSealed ? APFSTree(root: number(1032), children: .physical, blocks) : nil
    }

    // MARK: Names

    /// The top of the volume.
    package func root() throws(FormatError) -> APFSEntry {
        guard let entry = try inode(Self.rootDirectory, name: "") else {
            throw .damaged("the APFS volume \"\(name)\" has no top directory")
        }
        return entry
    }

    /// What has a path; nil when there is nothing.
    package func entry(_ path: String) throws(FormatError) -> APFSEntry? {
        var found = try root()
        for part in path.split(separator: "/") where part != "." {
            guard found.kind == .directory else { return nil }
            var next: APFSEntry?
            try forEachName(in: found) { (name, identifier) throws(FormatError) in
                guard matches(name, part) else { return true }
                next = try inode(identifier, name: name)
                return false
            }
            guard let next else { return nil }
            found = next
        }
        return found
    }

    /// Calls `body` with each entry of a directory, in the volume's order, until it returns false.
    package func forEach(in directory: APFSEntry, _ body: (APFSEntry) throws(FormatError) -> Bool) throws(FormatError) {
        try forEachName(in: directory) { (name, identifier) throws(FormatError) in
            guard let entry = try inode(identifier, name: name) else { throw .damaged("a file of the APFS volume has no inode") }
            return try body(entry)
        }
    }

    /// Calls `body` with everything on the volume and its path, a directory before what is in it.
    /// - Throws: `damaged` when directories are in each other.
    package func forEach(_ body: (_ path: String, APFSEntry) throws(FormatError) -> Void) throws(FormatError) {
        var (open, seen): ([(String, APFSEntry)], Set<UInt64>) = ([("", try root())], [])
        while let (path, directory) = open.popLast() {
            guard seen.insert(directory.identifier).inserted, path.utf8.count <= 1 << 14 else {
                throw .damaged("directories of the volume are in each other")
            }
            try forEach(in: directory) { (entry) throws(FormatError) in
                let name = path.isEmpty ? entry.name : path + "/" + entry.name
                try body(name, entry)
                if entry.kind == .directory { open.append((name, entry)) }
                return true
            }
        }
    }

    private func forEachName(
        in directory: APFSEntry, _ body: (_ name: String, _ inode: UInt64) throws(FormatError) -> Bool
    ) throws(FormatError) {
        try forEachRecord(of: directory.identifier, .directoryRecord) { (key, value) throws(FormatError) in
            guard let inode = value.littleEndian(UInt64.self, at: 0), let name = Self.name(key) else {
                throw .damaged("a directory of the APFS volume is damaged")
            }
            return try body(name, inode)
        }
    }

    /// The name in the key of a directory's record: j_drec_key_t with a length of 16 bits, or j_drec_hashed_key_t, whose length has 10 bits
    /// below a hash of 22. Both end with a zero, which the length counts: it tells which of them the key is.
    private static func name(_ key: [UInt8]) -> String? {
        if let word = key.littleEndian(UInt32.self, at: 8), case let length = Int(word & 0x3ff), length > 0, key.count == 12 + length {
            return String(decoding: key[12..<(11 + length)], as: UTF8.self)
        }
        if let length = key.littleEndian(UInt16.self, at: 8), length > 0, key.count == 10 + Int(length) {
            return String(decoding: key[10..<(9 + Int(length))], as: UTF8.self)
        }
        return nil
    }

    /// Swift compares strings by canonical equivalence, as APFS does. Case is folded for ASCII and by the characters' own mapping, which
    /// is enough for the names of macOS's own files.
    private func matches(_ name: String, _ wanted: Substring) -> Bool {
        name == wanted || !isCaseSensitive && name.lowercased() == wanted.lowercased()
    }

    // MARK: Content

    /// The content of a file.
    /// - Throws: `unsupported` for an encrypted volume and for a kind of compression that is not known; `damaged`.
    package func content(of entry: APFSEntry) throws(FormatError) -> any ByteSource {
        guard entry.kind == .file else { throw .unsupported("it is no file") }
        guard entry.isCompressed else { return try stream(entry.content, size: entry.size) }
        guard let attribute = try attribute(CompressedFile.attribute, of: entry) else {
            throw .damaged("the file is compressed, but has no attribute \(CompressedFile.attribute)")
        }
        return try CompressedFile.content(attribute: try attribute.bytes(at: 0, count: min(attribute.size, 1 << 20))) {
            () throws(FormatError) in
            // XATTR_RESOURCEFORK_EA_NAME.
            guard let fork = try self.attribute("com.apple.ResourceFork", of: entry) else {
                throw .damaged("the file is compressed, but has no resource fork")
            }
            return fork
        }
    }

    /// The content of the file with a path.
    /// - Throws: `notFound`; what `content(of:)` throws.
    package func content(_ path: String) throws(FormatError) -> any ByteSource {
        guard let entry = try entry(path) else { throw .notFound("there is no file \(path)") }
        return try content(of: entry)
    }

    /// What a symbolic link points to.
    package func target(of link: APFSEntry) throws(FormatError) -> String {
        guard let value = try attribute("com.apple.fs.symlink", of: link), value.size <= 4096 else {
            throw .damaged("a symbolic link of the APFS volume is damaged")
        }
        return String(decoding: try value.bytes(at: 0, count: value.size).prefix { $0 != 0 }, as: UTF8.self)
    }

    /// The value of an extended attribute; nil when the entry has none of this name.
    func attribute(_ name: String, of entry: APFSEntry) throws(FormatError) -> (any ByteSource)? {
        var found: (any ByteSource)?
        try forEachRecord(of: entry.identifier, .attribute) { (key, value) throws(FormatError) in
            guard let length = key.littleEndian(UInt16.self, at: 8), length > 0, 10 + Int(length) <= key.count,
                let flags = value.littleEndian(UInt16.self, at: 0), let size = value.littleEndian(UInt16.self, at: 2),
                4 + Int(size) <= value.count
            else { throw .damaged("an attribute of a file of the APFS volume is damaged") }
            guard key[10..<(9 + Int(length))].elementsEqual(name.utf8) else { return true }
            // XATTR_DATA_STREAM: an identifier and a size; else the value itself.
            if flags & 1 != 0 {
                guard let identifier = value.littleEndian(UInt64.self, at: 4), let bytes = value.littleEndian(UInt64.self, at: 12) else {
                    throw .damaged("an attribute of a file of the APFS volume is damaged")
                }
                found = try stream(identifier, size: Int(clamping: bytes))
            } else {
                found = MemorySource(Array(value[4..<(4 + Int(size))]))
            }
            return false
        }
        return found
    }

    private func stream(_ identifier: UInt64, size: Int) throws(FormatError) -> ExtentSource {
        guard !isEncrypted else { throw .unsupported("the APFS volume \"\(name)\" is encrypted") }
        var extents: [ExtentSource.Extent] = []
        func add(_ start: UInt64?, _ value: [UInt8]) throws(FormatError) {
            // The highest byte of the length has flags.
            guard let start = start.flatMap({ Int(exactly: $0) }), let length = value.littleEndian(UInt64.self, at: 0),
                let block = value.littleEndian(UInt64.self, at: 8), extents.count < Self.extentLimit,
                let count = Int(exactly: length & 0x00ff_ffff_ffff_ffff),
                case let (place, overflow) = block.multipliedReportingOverflow(by: UInt64(blocks.blockSize)), !overflow,
                let place = Int(exactly: place)
            else { throw .damaged("an extent of the APFS volume is damaged") }
            if count > 0 { extents.append(ExtentSource.Extent(start: start, count: count, place: block == 0 ? nil : place)) }
        }
        if let sealedExtents {
            // fext_tree_key_t: the file and the place in it.
            try sealedExtents.forEach(from: { (key) throws(FormatError) in
                guard let other = key.littleEndian(UInt64.self, at: 0), let start = key.littleEndian(UInt64.self, at: 8) else {
                    throw .damaged("an extent of the APFS volume is damaged")
                }
                if other != identifier { return other < identifier ? .before : .after }
                return start == 0 ? .equal : .after
            }) { (key, value) throws(FormatError) in
                guard let other = key.littleEndian(UInt64.self, at: 0), other <= identifier else { return false }
                if other == identifier { try add(key.littleEndian(UInt64.self, at: 8), value) }
                return true
            }
        } else {
            try forEachRecord(of: identifier, .extent) { (key, value) throws(FormatError) in
                try add(key.littleEndian(UInt64.self, at: 8), value)
                return true
            }
        }
        return try ExtentSource(size: size, extents, in: blocks.source)
    }

    // MARK: Records

    private func inode(_ identifier: UInt64, name: String) throws(FormatError) -> APFSEntry? {
        var found: APFSEntry?
        try forEachRecord(of: identifier, .inode) { (_, value) throws(FormatError) in
            found = try APFSEntry(value, identifier: identifier, name: name)
            return false
        }
        return found
    }

    /// Calls `body` with the records of one kind that belong to an identifier, until it returns false.
    private func forEachRecord(
        of identifier: UInt64, _ kind: FileSystemKey.Kind, _ body: (_ key: [UInt8], _ value: [UInt8]) throws(FormatError) -> Bool
    ) throws(FormatError) {
        guard !isEncrypted else { throw .unsupported("the APFS volume \"\(name)\" is encrypted") }
        try tree.forEach(from: { (key) throws(FormatError) in
            try FileSystemKey(key).isBefore(identifier, kind) ? .before : .after
        }) { (key, value) throws(FormatError) in
            let found = try FileSystemKey(key)
            if found.isBefore(identifier, kind) { return true }
            return found.belongs(to: identifier, kind) ? try body(key, value) : false
        }
    }
}
