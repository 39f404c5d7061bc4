/// What OpenCore does around Apple's boot.efi and the firmware's memory map.
package struct BooterSection: ConfigurationSection {
    package struct Quirks: ConfigurationSection {
        package var allowRelocationBlock = false
        package var avoidRuntimeDefrag = true
        /// For 32-bit systems on Hyper-V; a key since 1.0.4.
        package var clearTaskSwitchBit: Bool?
        package var devirtualiseMmio = false
        package var disableSingleUser = false
        package var disableVariableWrite = false
        package var discardHibernateMap = false
        package var enableSafeModeSlide = true
        package var enableWriteUnprotector = true
        /// For loaders of Mac OS X 10.4 to 10.7; nothing of theirs starts here.
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
        /// OVMF has a memory attributes table, and OpenRuntime changes what it speaks of. Unless the table is brought in line,
        /// a system that honours it faults in runtime services: Linux, started through OpenCore, panics there.
        package var syncRuntimePermissions = true
    }

    package var mmioWhitelist: [PlistValue] = []
    package var patch: [PlistValue] = []
    package var quirks = Quirks()
}
