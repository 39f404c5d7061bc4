package import DiskFormats
import LinuxSupport

/// An APFS container, read where it lies: a partition, a disk image, a file of another volume. Apple File System Reference.
///
/// Nothing is written and nothing is repaired. Read are the live volumes, those of macOS that are sealed included; encrypted ones are
/// only listed. The project has its own reader because libfsapfs, which Debian packages, does not read sealed volumes (its features list
/// APFS_INCOMPAT_SEALED_VOLUME as unknown), and the system volume of macOS 11 and newer is one.
package struct APFSContainer: Sendable {
    /// The UUID, with capital letters.
    package let identifier: String
    /// Bytes.
    package let size: Int
    package let volumes: [APFSVolume]

    /// nx_magic, and where it is.
    private static let magic = (text: "NXSB", offset: 32)
    /// NX_MAX_FILE_SYSTEMS.
    private static let volumeLimit = 100

    package static func recognizes(_ source: any ByteSource) -> Bool {
        guard source.size >= 4096, let bytes = try? source.bytes(at: magic.offset, count: 4) else { return false }
        return bytes.has(magic.text, at: 0)
    }

    /// - Throws: `damaged`, `unsupported`.
    package init(_ source: any ByteSource) throws(FormatError) {
        guard Self.recognizes(source), let blockSize = try source.bytes(at: 36, count: 4).littleEndian(UInt32.self, at: 0),
            (4096...65536).contains(blockSize), blockSize.nonzeroBitCount == 1, source.size >= Int(blockSize)
        else { throw .damaged("it is no APFS container") }
        let blocks = BlockReader(source: source, blockSize: Int(blockSize))
        let (header, superblock) = try Self.latest(blocks)
        func number(_ offset: Int) -> UInt64 { superblock.littleEndian(UInt64.self, at: offset) ?? 0 }
        // NX_INCOMPAT_FUSION: the other half is on another disk.
        guard number(64) & 0x100 == 0 else { throw .unsupported("the APFS container is half of a Fusion drive") }
        identifier = GUID(bigEndian: Array(superblock[72..<88]))?.uppercaseText ?? ""
        size = Int(clamping: number(40).multipliedReportingOverflow(by: UInt64(blockSize)).partialValue)
        let map = try ObjectMap(at: number(160), blocks)
        var volumes: [APFSVolume] = []
        // nx_max_file_systems, nx_fs_oid.
        let count = min(Int(superblock.littleEndian(UInt32.self, at: 180) ?? 0), Self.volumeLimit)
        for index in 0..<count {
            let volume = number(184 + 8 * index)
            guard volume != 0 else { continue }
            guard let address = try map.address(of: volume, before: header.transaction) else {
                throw .damaged("the APFS container's volume \(index + 1) is missing")
            }
            volumes.append(try APFSVolume(at: address, index: index, blocks))
        }
        self.volumes = volumes
    }

    /// The newest superblock whose checksum is right: block 0 is a copy, which is written only when the container is unmounted.
    private static func latest(_ blocks: BlockReader) throws(FormatError) -> (ObjectHeader, [UInt8]) {
        let first = try blocks.object(0, .container)
        // nx_xp_desc_blocks, nx_xp_desc_base. With the highest bit the area is a tree, which no release of macOS writes.
        guard let count = first.bytes.littleEndian(UInt32.self, at: 104), let base = first.bytes.littleEndian(UInt64.self, at: 112),
            count & 0x8000_0000 == 0, count <= 1 << 16
        else { throw .unsupported("the APFS container keeps its checkpoints in a tree") }
        var newest = first
        for index in 0..<UInt64(count) {
            let (address, overflow) = base.addingReportingOverflow(index)
            guard !overflow else { throw .damaged("the APFS container's checkpoints are outside of it") }
            let bytes = try blocks.block(address)
            guard let header = ObjectHeader(bytes), header.type == ObjectHeader.Kind.container.rawValue,
                header.transaction > newest.header.transaction, bytes.has(magic.text, at: magic.offset),
                ObjectHeader.hasValidChecksum(bytes)
            else { continue }
            newest = (header, bytes)
        }
        return newest
    }
}
