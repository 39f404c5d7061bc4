/// All of config.plist, in the terms of OpenCore's Configuration.pdf.
///
/// Every key that OpenCore's own sample has is here, because OpenCore complains about a missing one. A value without a comment
/// is the sample's or "off"; a value with a comment is ours, and the comment says why a QEMU guest needs it.
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
