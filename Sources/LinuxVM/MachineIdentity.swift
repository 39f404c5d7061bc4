package import LinuxSupport
package import SystemPackage

/// The UUID of the Linux VM, from which `boot` derives macOS's own: macOS takes another one for a new computer.
package enum MachineIdentity {
    /// The same for the same disk on the same machine; another for another disk.
    package static func uuid(disk: FilePath, _ root: FileRoot) -> String {
        let machine = root.line("/etc/machine-id") ?? ""
        return uuid(of: machine + "\0" + disk.string)
    }

    /// RFC 9562, version 8: a UUID of one's own making. FNV-1a, 128 bits (draft-eastlake-fnv, 2), which need not resist anybody.
    static func uuid(of name: String) -> String {
        let prime: UInt128 = 0x0000_0000_0100_0000_0000_0000_0000_013B
        var hash: UInt128 = 0x6c62_272e_07bb_0142_62b8_2175_6295_c58d
        for byte in name.utf8 { hash = (hash ^ UInt128(byte)) &* prime }
        var bytes = (0..<16).map { UInt8(truncatingIfNeeded: hash >> (120 - 8 * $0)) }
        bytes[6] = bytes[6] & 0x0f | 0x80
        bytes[8] = bytes[8] & 0x3f | 0x80
        let digits = bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }
        return [0..<4, 4..<6, 6..<8, 8..<10, 10..<16].map { digits[$0].joined() }.joined(separator: "-")
    }
}
