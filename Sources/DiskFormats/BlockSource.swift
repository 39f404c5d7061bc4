package import SystemPackage

/// A block device for the partition table reader: a size and a function that reads.
///
/// The bytes are untrusted: anybody may have written them.
package struct BlockSource {
    /// Bytes.
    package var size: Int
    /// The device's logical block size: 512 or 4096.
    package var blockSize: Int
    /// Up to `count` bytes from `offset` on; fewer at the end.
    package var read: (_ offset: Int, _ count: Int) throws(Errno) -> [UInt8]

    package init(size: Int, blockSize: Int, read: @escaping (_ offset: Int, _ count: Int) throws(Errno) -> [UInt8]) {
        self.size = size
        self.blockSize = blockSize
        self.read = read
    }

    /// The first `count` bytes, or all of a smaller device.
    package func head(_ count: Int) throws(Errno) -> [UInt8] { try read(0, max(min(count, size), 0)) }
}
