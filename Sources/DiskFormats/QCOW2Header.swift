/// The header of a qcow2 image. Offsets: docs/interop/qcow2.txt of QEMU.
package struct QCOW2Header: Equatable, Sendable {
    /// Clusters that it does not hold are read from another image.
    package let hasBackingFile: Bool
    /// All its clusters are in another file.
    package let hasDataFile: Bool
    /// Bytes of the disk in it.
    package let size: Int
    /// 2 or 3, and bytes of a cluster that QEMU accepts: 512 to 2 MiB.
    package let isPlausible: Bool

    /// Bytes to read: the least that a header of version 3 has. One of version 2 has 72.
    package static let length = 104
    /// "QFI" and FB.
    private static let magic: [UInt8] = [0x51, 0x46, 0x49, 0xfb]
    /// Of incompatible_features, in version 3.
    private static let externalDataFile: UInt64 = 1 << 2

    /// nil for another format.
    package init?(_ bytes: [UInt8]) {
        guard bytes.starts(with: Self.magic) else { return nil }
        let number = { (range: Range<Int>) in
            bytes.count < range.upperBound ? 0 : bytes[range].reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        }
        hasBackingFile = number(8..<16) != 0
        hasDataFile = number(4..<8) >= 3 && number(72..<80) & Self.externalDataFile != 0
        size = Int(clamping: number(24..<32))
        isPlausible = (2...3).contains(number(4..<8)) && (9...21).contains(number(20..<24)) && size > 0
    }
}
