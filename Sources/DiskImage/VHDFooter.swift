import Diagnostics
import Foundation
import HostSupport
import SystemPackage

/// The last 512 bytes of a fixed VHD: Virtual Hard Disk Image Format Specification 1.0, "Hard Disk Footer Format".
enum VHDFooter {
    private static let size = 512
    /// Big-endian fields: seconds since 2000-01-01, the one's complement of the bytes' sum, the disk's UUID.
    private static let (time, checksum, uuid) = (24..<28, 64..<68, 68..<84)

    /// qemu-img stamps the time and a random UUID: both become functions of the rest.
    /// - Throws: `dataError` when there is no footer; `cantCreate`.
    static func makeReproducible(_ path: FilePath) throws(OperationError) {
        do {
            let file = try FileHandle(forUpdating: URL(filePath: path.string))
            let end = try file.seekToEnd()
            guard end >= UInt64(size) else { throw CocoaError(.fileReadCorruptFile) }
            try file.seek(toOffset: end - UInt64(size))
            guard let data = try file.read(upToCount: size), data.count == size, data.starts(with: Array("conectix".utf8)) else {
                throw CocoaError(.fileReadCorruptFile)
            }
            try file.seek(toOffset: end - UInt64(size))
            try file.write(contentsOf: Data(normalized(Array(data), length: end)))
            try file.close()
        } catch {
            throw OperationError("finish", path.string, cause: error.localizedDescription, exit: .cantCreate)
        }
    }

    /// A footer without time, with a UUID that follows from the length, and with its checksum right again.
    static func normalized(_ footer: [UInt8], length: UInt64) -> [UInt8] {
        var footer = footer
        for index in time { footer[index] = 0 }
        let name = (0..<8).map { UInt8(truncatingIfNeeded: length >> (8 * (7 - $0))) }
        // RFC 9562, version 8: a UUID of one's own making.
        footer.replaceSubrange(uuid, with: Array("macos-".utf8) + [0x80, 0x00] + name)
        footer[uuid.lowerBound + 8] = 0x80
        for index in checksum { footer[index] = 0 }
        let sum = ~footer.reduce(UInt32(0)) { $0 &+ UInt32($1) }
        for (shift, index) in checksum.enumerated() { footer[index] = UInt8(truncatingIfNeeded: sum >> (24 - 8 * UInt32(shift))) }
        return footer
    }
}
