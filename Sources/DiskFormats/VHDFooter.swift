import LinuxSupport

/// The last 512 bytes of a fixed VHD: Virtual Hard Disk Image Format Specification 1.0, "Hard Disk Footer Format".
package enum VHDFooter {
    package static let size = 512
    package static let magic = "conectix"
    /// Big-endian fields: seconds since 2000-01-01, the one's complement of the bytes' sum, the disk's UUID.
    private static let (time, checksum, uuid) = (24..<28, 64..<68, 68..<84)

    /// The same footer without a time, with a UUID that follows from the length, and with its checksum right again.
    /// - Parameter footer: `size` bytes.
    package static func normalized(_ footer: [UInt8], length: UInt64) -> [UInt8] {
        guard footer.count == size else { return footer }
        var footer = footer
        for index in time { footer[index] = 0 }
        let name = (0..<8).map { UInt8(truncatingIfNeeded: length >> (8 * (7 - $0))) }
        footer.replaceSubrange(uuid, with: GUID(version8: Array("macos-".utf8) + [0, 0] + name).bytes)
        for index in checksum { footer[index] = 0 }
        let sum = ~footer.reduce(UInt32(0)) { $0 &+ UInt32($1) }
        for (shift, index) in checksum.enumerated() { footer[index] = UInt8(truncatingIfNeeded: sum >> (24 - 8 * UInt32(shift))) }
        return footer
    }
}
