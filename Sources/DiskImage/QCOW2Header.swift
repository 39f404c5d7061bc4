package import Diagnostics
import Foundation
import HostSupport
package import SystemPackage

/// What the first bytes of a qcow2 say of other files that belong to it. Offsets: docs/interop/qcow2.txt of QEMU.
package struct QCOW2Header: Equatable, Sendable {
    /// Its clusters that are not there are read from another image.
    package let hasBackingFile: Bool
    /// All its clusters are in another file.
    package let hasDataFile: Bool

    /// "QFI" and FB.
    private static let magic: [UInt8] = [0x51, 0x46, 0x49, 0xfb]
    /// Bytes that are looked at: as much as a header of version 3 has at least. One of version 2 has 72.
    private static let length = 104
    /// Of incompatible_features, in version 3.
    private static let externalDataFile: UInt64 = 1 << 2

    /// nil for what is no qcow2.
    init?(_ bytes: [UInt8]) {
        guard bytes.starts(with: Self.magic) else { return nil }
        let number = { (range: Range<Int>) in
            bytes.count < range.upperBound ? 0 : bytes[range].reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        }
        hasBackingFile = number(8..<16) != 0
        hasDataFile = number(4..<8) >= 3 && number(72..<80) & Self.externalDataFile != 0
    }

    /// nil for an image of another format.
    /// - Throws: `noInput` when it cannot be read.
    package init?(reading image: FilePath) throws(OperationError) {
        let head: Data
        do {
            let file = try FileHandle(forReadingFrom: URL(filePath: image.string))
            defer { try? file.close() }
            head = try file.read(upToCount: Self.length) ?? Data()
        } catch {
            throw OperationError("read", image.string, cause: "there is no such file, or it may not be read", exit: .noInput)
        }
        self.init(Array(head))
    }
}
