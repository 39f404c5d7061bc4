/// All of config.plist, in the terms of OpenCore's Configuration.pdf.
///
/// Every key that OpenCore's own sample has is here, because OpenCore complains about a missing one. A value without a comment
/// is the sample's or "off"; a value with a comment is ours, and the comment says why a QEMU guest needs it.
public struct OpenCoreConfiguration: ConfigurationSection {
    public static let keys = ["acpi": "ACPI", "nvram": "NVRAM", "uefi": "UEFI"]

    public var acpi = ACPISection()
    public var booter = BooterSection()
    public var deviceProperties = DevicePropertiesSection()
    public var kernel = KernelSection()
    public var misc = MiscSection()
    public var nvram = NVRAMSection()
    public var platformInfo = PlatformInfoSection()
    public var uefi = UEFISection()

    public init() {}
}
