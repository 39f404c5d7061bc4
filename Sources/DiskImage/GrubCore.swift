package import Diagnostics
import HostSupport

/// GRUB for BIOS: patches the boot sector and the core image that it loads with the core's place on the disk.
///
/// grub-bios-setup does the same, but only to a disk in /dev.
package enum GrubCore {
    /// Offsets in boot.img and in the core's first sector: GRUB's include/grub/i386/pc/boot.h, GRUB_BOOT_MACHINE_KERNEL_SECTOR,
    /// _DRIVE_CHECK and _LIST_SIZE.
    private static let (kernelSector, driveCheck, blockList) = (0x5c, 0x66, 512 - 12)
    /// Bytes of the boot sector that are code: behind them are the disk's signature and the MBR's partitions.
    private static let codeSize = 440

    /// The 440 bytes of the boot sector.
    /// - Parameters:
    ///   - boot: boot.img, 512 bytes.
    ///   - sector: where the core begins on the disk.
    /// - Throws: `dataError` when boot.img is not GRUB's.
    package static func bootSector(_ boot: [UInt8], coreAt sector: UInt64) throws(OperationError) -> [UInt8] {
        guard boot.count == 512, boot[510] == 0x55, boot[511] == 0xaa else {
            throw OperationError("read", "GRUB's boot.img", cause: "it is not a boot sector", exit: .dataError)
        }
        var code = Array(boot[..<codeSize])
        put(sector, in: &code, at: kernelSector)
        // Two NOPs instead of a jump: some BIOSes pass the boot sector no drive number, or a wrong one.
        (code[driveCheck], code[driveCheck + 1]) = (0x90, 0x90)
        return code
    }

    /// The core image, whose first sector loads the rest.
    /// - Parameters:
    ///   - core: as grub-mkimage makes it for i386-pc.
    ///   - room: sectors that the partition has for it.
    /// - Throws: `dataError` when it does not fit, or is not of that form.
    package static func core(_ core: [UInt8], at sector: UInt64, room: Int) throws(OperationError) -> [UInt8] {
        let sectors = (core.count + 511) / 512
        guard core.count > 512, sectors <= room else {
            throw OperationError(
                "place", "GRUB's core image", cause: "it has \(sectors) sectors, and there is room for \(room)", exit: .dataError)
        }
        let listed = Int(core[blockList + 8]) | Int(core[blockList + 9]) << 8
        guard listed == sectors - 1 else {
            throw OperationError(
                "place", "GRUB's core image", cause: "its list of blocks says \(listed) sectors, not \(sectors - 1)", exit: .dataError)
        }
        var result = core
        put(sector + 1, in: &result, at: blockList)
        return result
    }

    private static func put(_ value: UInt64, in bytes: inout [UInt8], at offset: Int) {
        for index in 0..<8 { bytes[offset + index] = UInt8(truncatingIfNeeded: value >> (8 * UInt64(index))) }
    }
}
