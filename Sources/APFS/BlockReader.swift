import DiskFormats

/// Reads the blocks of a container.
struct BlockReader: Sendable {
    let source: any ByteSource
    /// Bytes: 4096 to 65536.
    let blockSize: Int

    /// Blocks that the source has.
    var count: Int { source.size / blockSize }

    /// - Throws: `damaged` for a block that the container does not have.
    func block(_ address: UInt64) throws(FormatError) -> [UInt8] {
        guard let address = Int(exactly: address), address < count else {
            throw .damaged("the APFS container refers to the block \(address) of \(count)")
        }
        return try source.bytes(at: address * blockSize, count: blockSize)
    }

    /// A block of metadata.
    /// - Throws: `damaged` when its checksum is wrong, or it is something else.
    func object(_ address: UInt64, _ kind: ObjectHeader.Kind) throws(FormatError) -> (header: ObjectHeader, bytes: [UInt8]) {
        let bytes = try block(address)
        guard ObjectHeader.hasValidChecksum(bytes) else { throw .damaged("the checksum of the APFS block \(address) is wrong") }
        guard let header = ObjectHeader(bytes), header.type == kind.rawValue else {
            throw .damaged("the APFS block \(address) is not what another one says that it is")
        }
        return (header, bytes)
    }
}
