public import Foundation

/// What OpenCore adds to and changes in XNU.
public struct KernelSection: ConfigurationSection {
    /// A kext that is injected.
    public struct Kext: ConfigurationSection {
        public var arch = "x86_64"
        /// Below EFI/OC/Kexts.
        public var bundlePath: String
        public var comment = ""
        public var enabled = true
        /// Inside the bundle; empty for a kext without code.
        public var executablePath: String
        public var maxKernel = ""
        public var minKernel = ""
        public var plistPath = "Contents/Info.plist"
    }

    /// A change of bytes in the kernel or in one of its extensions.
    public struct Patch: ConfigurationSection, Codable {
        public var arch = "x86_64"
        public var base = ""
        public var comment = ""
        public var count = 0
        public var enabled = true
        public var find = Data()
        public var identifier = "kernel"
        public var limit = 0
        public var mask = Data()
        public var maxKernel = ""
        public var minKernel = ""
        public var replace = Data()
        public var replaceMask = Data()
        public var skip = 0

        enum CodingKeys: String, CodingKey {
            case arch = "Arch"
            case base = "Base"
            case comment = "Comment"
            case count = "Count"
            case enabled = "Enabled"
            case find = "Find"
            case identifier = "Identifier"
            case limit = "Limit"
            case mask = "Mask"
            case maxKernel = "MaxKernel"
            case minKernel = "MinKernel"
            case replace = "Replace"
            case replaceMask = "ReplaceMask"
            case skip = "Skip"
        }
    }

    public struct Emulate: ConfigurationSection {
        /// `boot` gives the guest a named Intel model that XNU knows: nothing to disguise.
        public var cpuid1Data = Data()
        public var cpuid1Mask = Data()
        /// AppleIntelCPUPowerManagement panics where the MSRs of power management are not there, as in a virtual machine.
        public var dummyPowerManagement = true
        public var maxKernel = ""
        public var minKernel = ""
    }

    public struct Quirks: ConfigurationSection {
        public var appleCpuPmCfgLock = false
        public var appleXcpmCfgLock = false
        public var appleXcpmExtraMsrs = false
        public var appleXcpmForceBoost = false
        public var customPciSerialDevice = false
        public var customSMBIOSGuid = false
        public var disableIoMapper = false
        public var disableIoMapperMapping = false
        public var disableLinkeditJettison = true
        public var disableRtcChecksum = false
        public var extendBTFeatureFlags = false
        public var externalDiskIcons = false
        public var forceAquantiaEthernet = false
        /// macOS takes a virtual machine for one of Apple's own and asks for their scheme of signatures; a PC needs x86legacy's.
        public var forceSecureBootScheme = true
        public var increasePciBarSize = false
        public var lapicKernelPanic = false
        public var legacyCommpage = false
        public var panicNoKextDump = false
        public var powerTimeoutKernelPanic = false
        /// XNU reads its number of CPUs from MSR 35h, which KVM does not have, and its clock from registers that QEMU's models
        /// leave empty: OpenCore gives it both.
        public var provideCurrentCpuInfo = true
        /// No TRIM of the whole disk at every start: minutes on a large one. Since macOS 12 no other number but 0 is honoured.
        public var setApfsTrimTimeout = 0
        public var thirdPartyDrives = false
        public var xhciPortLimit = false
    }

    public struct Scheme: ConfigurationSection {
        public var customKernel = false
        public var fuzzyMatch = true
        public var kernelArch = "Auto"
        public var kernelCache = "Auto"
    }

    public var add: [Kext] = []
    public var block: [PlistValue] = []
    public var emulate = Emulate()
    public var force: [PlistValue] = []
    public var patch: [Patch] = []
    public var quirks = Quirks()
    public var scheme = Scheme()
}
