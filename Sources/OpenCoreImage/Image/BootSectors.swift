package import Diagnostics
import HostSupport

/// The two boot sectors for BIOS: OpenCore's code with the data of this disk.
///
/// Offsets: https://github.com/acidanthera/OpenCorePkg, Legacy/BootLoader/boot0.nasm and boot1f32.nasm, and
/// Utilities/LegacyBoot/BootInstallBase.sh.
package enum BootSectors {
    /// Bytes of code in the master boot record, in front of the disk signature and the partition table.
    package static let masterCode = 440
    /// What mkfs.fat wrote and must stay: name, BIOS parameter block and label.
    package static let parameters = 3..<90
    /// OpenDuet recognizes its own volume by these bytes, and refuses zeros.
    package static let signature = 0x1f0..<0x1fe
    /// Sectors of a FAT32 volume with its boot sector and the backup.
    package static let copies = [0, 6]

    /// The bytes for the start of the disk.
    /// - Throws: `dataError` when `boot0` is not a boot sector.
    package static func master(boot0: [UInt8]) throws(OperationError) -> [UInt8] {
        try check(boot0, "boot0")
        return Array(boot0[..<masterCode])
    }

    /// The boot sector of the partition.
    /// - Parameters:
    ///   - existing: as mkfs.fat wrote it.
    ///   - identifier: 14 bytes that are not all zero.
    /// - Throws: `dataError` when `boot1` is not a boot sector.
    package static func partition(boot1: [UInt8], existing: [UInt8], identifier: [UInt8]) throws(OperationError) -> [UInt8] {
        try check(boot1, "boot1f32")
        try check(existing, "the FAT32 volume's boot sector")
        guard identifier.count == signature.count, identifier.contains(where: { $0 != 0 }) else {
            throw OperationError("sign", "the FAT32 volume", cause: "its identifier is not 14 bytes, or all zeros", exit: .software)
        }
        var sector = boot1
        sector.replaceSubrange(parameters, with: existing[parameters])
        sector.replaceSubrange(signature, with: identifier)
        return sector
    }

    private static func check(_ sector: [UInt8], _ name: String) throws(OperationError) {
        guard sector.count == 512, sector[510] == 0x55, sector[511] == 0xaa else {
            throw OperationError(
                "read", name, cause: "it is not a boot sector: 512 bytes with 55 AA at the end",
                remedy: "use the file of OpenCore's release",
                exit: .dataError)
        }
    }
}
