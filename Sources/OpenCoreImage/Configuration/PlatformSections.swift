package import Foundation

/// ACPI tables in addition to QEMU's.
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

/// What OpenCore changes for Apple's boot.efi: mostly the firmware's memory map.
package struct BooterSection: ConfigurationSection {
    package struct Quirks: ConfigurationSection {
        package var allowRelocationBlock = false
        package var avoidRuntimeDefrag = true
        /// For 32-bit systems on Hyper-V; since OpenCore 1.0.4.
        package var clearTaskSwitchBit: Bool?
        package var devirtualiseMmio = false
        package var disableSingleUser = false
        package var disableVariableWrite = false
        package var discardHibernateMap = false
        package var enableSafeModeSlide = true
        package var enableWriteUnprotector = true
        /// For the loaders of Mac OS X 10.4 to 10.7, which are not supported.
        package var fixupAppleEfiImages = false
        package var forceBooterSignature = false
        package var forceExitBootServices = false
        package var protectMemoryRegions = false
        package var protectSecureBoot = false
        package var protectUefiServices = false
        package var provideCustomSlide = true
        package var provideMaxSlide = 0
        package var rebuildAppleMemoryMap = false
        package var resizeAppleGpuBars = -1
        package var setupVirtualMap = true
        package var signalAppleOS = false
        /// OpenRuntime changes memory that OVMF's memory attributes table describes. Unless the table is updated, a system that
        /// honours it faults in runtime services: Linux panics when it is started through OpenCore.
        package var syncRuntimePermissions = true
    }

    package var mmioWhitelist: [PlistValue] = []
    package var patch: [PlistValue] = []
    package var quirks = Quirks()
}

/// Properties of PCI devices, for macOS.
package struct DevicePropertiesSection: ConfigurationSection {
    /// By device path, then by property.
    package var add: [String: [String: PlistValue]] = [
        // The network card, where `boot` puts it (PCI slot 3 of the root bus). Apple's services require a built-in en0.
        // https://github.com/kholia/OSX-KVM (notes.md, "App Store problems")
        "PciRoot(0x0)/Pci(0x3,0x0)": ["built-in": .data(Data([1]))]
    ]
    package var delete: [String: PlistValue] = [:]
}

/// NVRAM variables.
package struct NVRAMSection: ConfigurationSection {
    /// Apple's own variables: APPLE_BOOT_VARIABLE_GUID of OpenCore's AppleVariable.h.
    package static let apple = "7C436110-AB2A-4BBB-A880-FE41995C9F82"

    package var add: [String: [String: PlistValue]] = [:]
    /// Variables to delete first: OpenCore does not overwrite an existing one.
    package var delete: [String: [String]] = [:]
    package var legacyOverwrite = false
    package var legacySchema: [String: [String]] = [:]
    package var writeFlash = true
}

/// The Mac that the guest pretends to be.
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
