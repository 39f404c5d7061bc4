/// What OpenCore does around Apple's boot.efi and the firmware's memory map.
public struct BooterSection: ConfigurationSection {
    public struct Quirks: ConfigurationSection {
        public var allowRelocationBlock = false
        public var avoidRuntimeDefrag = true
        /// For 32-bit systems on Hyper-V; a key since 1.0.4.
        public var clearTaskSwitchBit: Bool?
        public var devirtualiseMmio = false
        public var disableSingleUser = false
        public var disableVariableWrite = false
        public var discardHibernateMap = false
        public var enableSafeModeSlide = true
        public var enableWriteUnprotector = true
        /// For loaders of Mac OS X 10.4 to 10.7; nothing of theirs starts here.
        public var fixupAppleEfiImages = false
        public var forceBooterSignature = false
        public var forceExitBootServices = false
        public var protectMemoryRegions = false
        public var protectSecureBoot = false
        public var protectUefiServices = false
        public var provideCustomSlide = true
        public var provideMaxSlide = 0
        public var rebuildAppleMemoryMap = false
        public var resizeAppleGpuBars = -1
        public var setupVirtualMap = true
        public var signalAppleOS = false
        /// OVMF has a memory attributes table, and OpenRuntime changes what it speaks of. Unless the table is brought in line,
        /// a system that honours it faults in runtime services: Linux, started through OpenCore, panics there.
        public var syncRuntimePermissions = true
    }

    public var mmioWhitelist: [PlistValue] = []
    public var patch: [PlistValue] = []
    public var quirks = Quirks()
}
