import DiskFormats
import LinuxSupport

/// Which GPT partition this Linux was started from, by what UEFI and the boot loader left in variables.
///
/// Needs efivarfs at its usual place; without it, or after a BIOS start, nothing is known.
struct BootPartition {
    let root: FileRoot

    private static let directory = "/sys/firmware/efi/efivars/"
    /// UEFI's own variables, UEFI 2.10 chapter 3.3.
    private static let global = "-8be4df61-93ca-11d2-aa0d-00e098032b8c"
    /// https://systemd.io/BOOT_LOADER_INTERFACE: set by systemd-boot, its stub, and GRUB.
    private static let loader = "-4a67b082-0a4c-41cf-b6c7-440b29bb8c4f"

    /// Unique GUIDs of partitions, lower case.
    func identifiers() -> [String] {
        var found: [String] = []
        if let bytes = variable("LoaderDevicePartUUID" + Self.loader) { found.append(Self.text(bytes)) }
        if let bytes = variable("BootCurrent" + Self.global), let number = bytes.littleEndian(UInt16.self, at: 0) {
            let digits = String(number, radix: 16, uppercase: true)
            let name = "Boot" + String(repeating: "0", count: 4 - digits.count) + digits
            if let option = variable(name + Self.global), let guid = Self.partition(loadOption: option) { found.append(guid) }
        }
        return found.filter { !$0.isEmpty }
    }

    /// The value, without the four bytes of attributes that efivarfs puts first.
    private func variable(_ name: String) -> [UInt8]? {
        guard let bytes = try? root.prefix(Self.directory + name, bytes: 4096), bytes.count > 4 else { return nil }
        return Array(bytes.dropFirst(4))
    }

    private static func text(_ bytes: [UInt8]) -> String {
        let units = stride(from: 0, to: bytes.count - 1, by: 2).map { bytes.littleEndian(UInt16.self, at: $0) ?? 0 }
        return String(decoding: units.prefix { $0 != 0 }, as: UTF16.self).lowercased()
    }

    /// EFI_LOAD_OPTION, UEFI 2.10 chapter 3.1.3: attributes (4), length of the paths (2), description (UTF-16, closed by 0), paths.
    static func partition(loadOption bytes: [UInt8]) -> String? {
        guard let length = bytes.littleEndian(UInt16.self, at: 4) else { return nil }
        var offset = 6
        while let unit = bytes.littleEndian(UInt16.self, at: offset) {
            offset += 2
            if unit == 0 { break }
        }
        return partition(devicePath: Array(bytes.dropFirst(offset).prefix(Int(length))))
    }

    /// The hard drive node of a device path, chapter 10.3.5.1: type 4, subtype 1, and a signature that is a GUID (signature type 2).
    private static func partition(devicePath bytes: [UInt8]) -> String? {
        var offset = 0
        while let kind = bytes.littleEndian(UInt16.self, at: offset), let length = bytes.littleEndian(UInt16.self, at: offset + 2),
            length >= 4
        {
            if kind == 0x0104, length == 42, offset + 42 <= bytes.count, bytes[offset + 41] == 2 {
                return PartitionType.text(Array(bytes[(offset + 24)..<(offset + 40)])).lowercased()
            }
            offset += Int(length)
        }
        return nil
    }
}
