/// Tables that are added to those of QEMU.
package struct ACPISection: ConfigurationSection {
    package struct Table: ConfigurationSection {
        package var comment = ""
        package var enabled = true
        /// Below EFI/OC/ACPI.
        package var path: String
    }

    package struct Quirks: ConfigurationSection {
        package var fadtEnableReset = false
        package var normalizeHeaders = false
        package var rebaseRegions = false
        package var resetHwSig = false
        package var resetLogoStatus = true
        package var syncTableIds = false
    }

    package var add: [Table] = []
    package var delete: [PlistValue] = []
    package var patch: [PlistValue] = []
    package var quirks = Quirks()
}
