/// Variables that macOS finds in its NVRAM.
public struct NVRAMSection: ConfigurationSection {
    /// Apple's own variables: APPLE_BOOT_VARIABLE_GUID of OpenCore's AppleVariable.h.
    public static let apple = "7C436110-AB2A-4BBB-A880-FE41995C9F82"

    public var add: [String: [String: PlistValue]] = [:]
    /// A variable that exists is left alone unless it is deleted first.
    public var delete: [String: [String]] = [:]
    public var legacyOverwrite = false
    public var legacySchema: [String: [String]] = [:]
    public var writeFlash = true
}
