/// All of config.plist, with the names of OpenCore's Configuration.pdf.
///
/// It has every key of OpenCore's sample, because OpenCore reports missing keys. A value without a comment is the sample's or
/// "off"; a value with a comment is ours, and the comment says why a QEMU guest needs it.
package struct OpenCoreConfiguration: ConfigurationSection {
    package static let keys = ["acpi": "ACPI", "nvram": "NVRAM", "uefi": "UEFI"]

    package var acpi = ACPISection()
    package var booter = BooterSection()
    package var deviceProperties = DevicePropertiesSection()
    package var kernel = KernelSection()
    package var misc = MiscSection()
    package var nvram = NVRAMSection()
    package var platformInfo = PlatformInfoSection()
    package var uefi = UEFISection()

    package init() {}
}

/// A dictionary of config.plist as a struct: each stored property is a key.
///
/// The key is the property's name with an upper-case first letter, unless `keys` has another. A property is nil when this
/// version of OpenCore does not have the key.
package protocol ConfigurationSection: PlistConvertible, Equatable {
    /// Keys that differ from their property's name in more than the first letter.
    static var keys: [String: String] { get }
}

extension ConfigurationSection {
    package static var keys: [String: String] { [:] }

    package var plist: PlistValue {
        var members: [String: PlistValue] = [:]
        for child in Mirror(reflecting: self).children {
            guard let label = child.label, let value = Self.present(child.value) else { continue }
            members[Self.keys[label] ?? label.prefix(1).uppercased() + label.dropFirst()] = value.plist
        }
        return .dictionary(members)
    }

    private static func present(_ value: Any) -> (any PlistConvertible)? {
        if let value = value as? any PlistConvertible { return value }
        // An optional property.
        return Mirror(reflecting: value).children.first?.value as? any PlistConvertible
    }
}
