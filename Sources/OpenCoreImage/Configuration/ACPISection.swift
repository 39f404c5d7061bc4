/// Tables that are added to those of QEMU.
public struct ACPISection: ConfigurationSection {
    public struct Table: ConfigurationSection {
        public var comment = ""
        public var enabled = true
        /// Below EFI/OC/ACPI.
        public var path: String
    }

    public struct Quirks: ConfigurationSection {
        public var fadtEnableReset = false
        public var normalizeHeaders = false
        public var rebaseRegions = false
        public var resetHwSig = false
        public var resetLogoStatus = true
        public var syncTableIds = false
    }

    public var add: [Table] = []
    public var delete: [PlistValue] = []
    public var patch: [PlistValue] = []
    public var quirks = Quirks()
}
