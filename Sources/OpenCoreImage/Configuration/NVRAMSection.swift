/// Variables that macOS finds in its NVRAM.
package struct NVRAMSection: ConfigurationSection {
    /// Apple's own variables: APPLE_BOOT_VARIABLE_GUID of OpenCore's AppleVariable.h.
    package static let apple = "7C436110-AB2A-4BBB-A880-FE41995C9F82"

    package var add: [String: [String: PlistValue]] = [:]
    /// A variable that exists is left alone unless it is deleted first.
    package var delete: [String: [String]] = [:]
    package var legacyOverwrite = false
    package var legacySchema: [String: [String]] = [:]
    package var writeFlash = true
}
