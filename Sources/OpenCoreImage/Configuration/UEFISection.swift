/// Drivers, the console and what OpenCore replaces in the firmware.
public struct UEFISection: ConfigurationSection {
    public static let keys = ["apfs": "APFS"]

    public struct APFS: ConfigurationSection {
        public var enableJumpstart = true
        public var globalConnect = false
        public var hideVerbose = true
        public var jumpstartHotPlug = false
        public var minDate = 0
        public var minVersion = 0
    }

    public struct Driver: ConfigurationSection {
        public var arguments = ""
        public var comment = ""
        public var enabled = true
        /// A key since 1.0.8.
        public var hideVerbose: Bool?
        public var loadEarly = false
        /// Below EFI/OC/Drivers.
        public var path: String
    }

    public struct Quirks: ConfigurationSection {
        public var activateHpetSupport = false
        public var disableSecurityPolicy = false
        public var enableVectorAcceleration = true
        public var enableVmx = false
        public var exitBootServicesDelay = 0
        public var forceOcWriteFlash = false
        public var forgeUefiSupport = false
        public var ignoreInvalidFlexRatio = false
        public var releaseUsbOwnership = false
        public var reloadOptionRoms = false
        /// The boot order that macOS writes is OpenCore's affair and not OVMF's: OpenCore stays the first that starts.
        public var requestBootVarRouting = true
        public var resizeGpuBars = -1
        public var resizeUsePciRbIo = false
        public var shimRetainProtocol = false
        public var tscSyncTimeout = 0
        public var unblockFsConnect = false
    }

    public var apfs = APFS()
    public var appleInput = AppleInputSection()
    public var audio = AudioSection()
    public var connectDrivers = true
    public var drivers: [Driver] = []
    public var input = InputSection()
    public var output = OutputSection()
    public var protocolOverrides = ProtocolOverridesSection()
    public var quirks = Quirks()
    public var reservedMemory: [PlistValue] = []
    /// A key since 1.0.2.
    public var unload: [String]?
}
