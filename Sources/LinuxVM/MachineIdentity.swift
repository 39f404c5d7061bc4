package import LinuxSupport
package import SystemPackage

/// The UUID of the Linux VM, from which `boot` derives macOS's own: to macOS, another UUID is another computer.
package enum MachineIdentity {
    /// The same for the same disk on the same machine; another for another disk.
    package static func uuid(disk: FilePath, _ root: FileRoot) -> String {
        let machine = root.line("/etc/machine-id") ?? ""
        return uuid(of: machine + "\0" + disk.string)
    }

    /// FNV-1a, 128 bits (draft-eastlake-fnv, 2): it need not resist an attacker.
    static func uuid(of name: String) -> String {
        let prime: UInt128 = 0x0000_0000_0100_0000_0000_0000_0000_013B
        var hash: UInt128 = 0x6c62_272e_07bb_0142_62b8_2175_6295_c58d
        for byte in name.utf8 { hash = (hash ^ UInt128(byte)) &* prime }
        return GUID(version8: (0..<16).map { UInt8(truncatingIfNeeded: hash >> (120 - 8 * $0)) }).text
    }
}
