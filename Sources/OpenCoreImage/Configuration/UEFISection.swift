/// Drivers, the console and what OpenCore replaces in the firmware.
package struct UEFISection: ConfigurationSection {
    package static let keys = ["apfs": "APFS"]

    package struct APFS: ConfigurationSection {
        package var enableJumpstart = true
        package var globalConnect = false
        package var hideVerbose = true
        package var jumpstartHotPlug = false
        package var minDate = 0
        package var minVersion = 0
    }

    package struct Driver: ConfigurationSection {
        package var arguments = ""
        package var comment = ""
        package var enabled = true
        /// A key since 1.0.8.
        package var hideVerbose: Bool?
        package var loadEarly = false
        /// Below EFI/OC/Drivers.
        package var path: String
    }

    package struct Quirks: ConfigurationSection {
        package var activateHpetSupport = false
        package var disableSecurityPolicy = false
        package var enableVectorAcceleration = true
        package var enableVmx = false
        package var exitBootServicesDelay = 0
        package var forceOcWriteFlash = false
        package var forgeUefiSupport = false
        package var ignoreInvalidFlexRatio = false
        package var releaseUsbOwnership = false
        package var reloadOptionRoms = false
        /// The boot order that macOS writes is OpenCore's affair and not OVMF's: OpenCore stays the first that starts.
        package var requestBootVarRouting = true
        package var resizeGpuBars = -1
        package var resizeUsePciRbIo = false
        package var shimRetainProtocol = false
        package var tscSyncTimeout = 0
        package var unblockFsConnect = false
    }

    package var apfs = APFS()
    package var appleInput = AppleInputSection()
    package var audio = AudioSection()
    package var connectDrivers = true
    package var drivers: [Driver] = []
    package var input = InputSection()
    package var output = OutputSection()
    package var protocolOverrides = ProtocolOverridesSection()
    package var quirks = Quirks()
    package var reservedMemory: [PlistValue] = []
    /// A key since 1.0.2.
    package var unload: [String]?
}
