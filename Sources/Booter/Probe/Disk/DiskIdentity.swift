import Diagnostics
import DiskFormats
import LinuxSupport
import SystemPackage

/// A disk's model and serial number, from its driver's files in sysfs.
enum DiskIdentity {
    /// The vendor "ATA" comes from libata, and a virtio disk shows a PCI number as its vendor: neither is used.
    /// - Parameter block: the disk's directory below /sys/block.
    static func model(_ block: borrowing OpenDirectory) -> String? {
        let vendor = block.word("device/vendor").flatMap { $0 == "ATA" || $0.hasPrefix("0x") ? nil : $0 }
        // SCSI, ATA and NVMe have a model; MMC has a name.
        let parts = [vendor, block.word("device/model") ?? block.word("device/name")].compactMap { $0 }
        return parts.isEmpty ? nil : parts.joined(separator: " ")
    }

    /// virtio's own, then NVMe's and MMC's, then the SCSI page 0x80, then the identifier that SCSI or NVMe derive.
    static func serial(_ block: borrowing OpenDirectory) -> String? {
        block.word("serial") ?? block.word("device/serial") ?? unitSerial(block) ?? block.word("device/wwid") ?? block.word("wwid")
    }

    private static func unitSerial(_ block: borrowing OpenDirectory) -> String? {
        guard let page = try? block.prefix("device/vpd_pg80", bytes: 256) else { return nil }
        return Self.unitSerial(page)
    }

    /// The Unit Serial Number page of SCSI (SPC-5, 7.7.19): device type, 0x80, a big-endian length, ASCII.
    static func unitSerial(_ page: [UInt8]) -> String? {
        guard page.count > 4, page[1] == 0x80, let length = page.bigEndian16(at: 2) else { return nil }
        let serial = String(decoding: page.dropFirst(4).prefix(Int(length)), as: UTF8.self).blanksTrimmed
        return serial.isEmpty ? nil : serial.printable
    }
}
