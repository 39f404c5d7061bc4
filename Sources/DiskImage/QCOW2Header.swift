package import Diagnostics
import HostSupport
package import SystemPackage

/// What the header of a qcow2 says of its disk and of other files that belong to it. Offsets: docs/interop/qcow2.txt of QEMU.
package struct QCOW2Header: Equatable, Sendable {
    /// Clusters that it lacks are read from another image.
    package let hasBackingFile: Bool
    /// Its clusters are in another file.
    package let hasDataFile: Bool
    /// Bytes of the disk.
    package let size: Int

    /// "QFI" and FB.
    private static let magic: [UInt8] = [0x51, 0x46, 0x49, 0xfb]
    /// Bytes: the shortest header of version 3. One of version 2 has 72.
    private static let length = 104
    /// A bit of incompatible_features, in version 3.
    private static let externalDataFile: UInt64 = 1 << 2

    /// nil for other formats.
    init?(_ bytes: [UInt8]) {
        guard bytes.starts(with: Self.magic) else { return nil }
        let number = { (range: Range<Int>) in
            bytes.count < range.upperBound ? 0 : bytes[range].reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        }
        hasBackingFile = number(8..<16) != 0
        size = Int(clamping: number(24..<32))
        hasDataFile = number(4..<8) >= 3 && number(72..<80) & Self.externalDataFile != 0
    }

    /// nil for an image of another format.
    /// - Throws: `noInput` when it cannot be read.
    package init?(reading image: FilePath) throws(OperationError) {
        self.init(Array(try InputFile.head(image, count: Self.length, allowsBlockDevice: true)))
    }

    /// Refuses an image that depends on other files: it could name any file of this machine.
    /// - Throws: `dataError`.
    package func requireWhole(_ image: FilePath) throws(OperationError) {
        guard hasBackingFile || hasDataFile else { return }
        throw OperationError(
            "read", image.string, cause: "parts of it are in another file, its \(hasBackingFile ? "backing" : "data") file",
            remedy: "merge them, if the image is yours: qemu-img convert -O qcow2 \(image) WHOLE", exit: .dataError)
    }
}
