public import Foundation

/// Which Mac the guest says that it is.
public struct PlatformInfoSection: ConfigurationSection {
    public struct Generic: ConfigurationSection {
        public static let keys = ["mlb": "MLB", "rom": "ROM"]

        public var adviseFeatures = false
        public var maxBIOSVersion = false
        /// Serial number of the main board.
        public var mlb = ""
        public var processorType = 0
        /// Six bytes: the MAC address of the built-in network card.
        public var rom = Data()
        public var spoofVendor = true
        public var systemMemoryStatus = "Auto"
        public var systemProductName = ""
        public var systemSerialNumber = ""
        public var systemUUID = ""
    }

    public var automatic = true
    public var customMemory = false
    public var generic = Generic()
    public var updateDataHub = true
    public var updateNVRAM = true
    public var updateSMBIOS = true
    public var updateSMBIOSMode = "Create"
    public var useRawUuidEncoding = false
}
