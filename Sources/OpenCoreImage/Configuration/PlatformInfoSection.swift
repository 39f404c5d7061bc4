package import Foundation

/// Which Mac the guest says that it is.
package struct PlatformInfoSection: ConfigurationSection {
    package struct Generic: ConfigurationSection {
        package static let keys = ["mlb": "MLB", "rom": "ROM"]

        package var adviseFeatures = false
        package var maxBIOSVersion = false
        /// Serial number of the main board.
        package var mlb = ""
        package var processorType = 0
        /// Six bytes: the MAC address of the built-in network card.
        package var rom = Data()
        package var spoofVendor = true
        package var systemMemoryStatus = "Auto"
        package var systemProductName = ""
        package var systemSerialNumber = ""
        package var systemUUID = ""
    }

    package var automatic = true
    package var customMemory = false
    package var generic = Generic()
    package var updateDataHub = true
    package var updateNVRAM = true
    package var updateSMBIOS = true
    package var updateSMBIOSMode = "Create"
    package var useRawUuidEncoding = false
}
