package import Foundation

/// What OpenCore adds to XNU and changes in it.
package struct KernelSection: ConfigurationSection {
    /// A kext to inject.
    package struct Kext: ConfigurationSection {
        package var arch = "x86_64"
        /// Below EFI/OC/Kexts.
        package var bundlePath: String
        package var comment = ""
        package var enabled = true
        /// Inside the bundle; empty for a kext without code.
        package var executablePath: String
        package var maxKernel = ""
        package var minKernel = ""
        package var plistPath = "Contents/Info.plist"
    }

    /// A binary patch of the kernel or of one of its extensions.
    package struct Patch: ConfigurationSection, Codable {
        package var arch = "x86_64"
        package var base = ""
        package var comment = ""
        package var count = 0
        package var enabled = true
        package var find = Data()
        package var identifier = "kernel"
        package var limit = 0
        package var mask = Data()
        package var maxKernel = ""
        package var minKernel = ""
        package var replace = Data()
        package var replaceMask = Data()
        package var skip = 0

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

    package struct Emulate: ConfigurationSection {
        /// `boot` gives the guest an Intel model that XNU supports: no CPUID has to be faked.
        package var cpuid1Data = Data()
        package var cpuid1Mask = Data()
        /// AppleIntelCPUPowerManagement panics without the power management MSRs, which a virtual machine lacks.
        package var dummyPowerManagement = true
        package var maxKernel = ""
        package var minKernel = ""
    }

    package struct Quirks: ConfigurationSection {
        package var appleCpuPmCfgLock = false
        package var appleXcpmCfgLock = false
        package var appleXcpmExtraMsrs = false
        package var appleXcpmForceBoost = false
        package var customPciSerialDevice = false
        package var customSMBIOSGuid = false
        package var disableIoMapper = false
        package var disableIoMapperMapping = false
        package var disableLinkeditJettison = true
        package var disableRtcChecksum = false
        package var extendBTFeatureFlags = false
        package var externalDiskIcons = false
        package var forceAquantiaEthernet = false
        /// macOS assumes that a virtual machine is Apple's own and expects that signature scheme; a PC needs x86legacy.
        package var forceSecureBootScheme = true
        package var increasePciBarSize = false
        package var lapicKernelPanic = false
        package var legacyCommpage = false
        package var panicNoKextDump = false
        package var powerTimeoutKernelPanic = false
        /// XNU reads its number of CPUs from MSR 35h, which KVM lacks, and its clock from registers that QEMU's models leave
        /// empty. OpenCore provides both.
        package var provideCurrentCpuInfo = true
        /// No TRIM of the whole disk at each start, which takes minutes on a large disk. Since macOS 12, 0 is the only limit that works.
        package var setApfsTrimTimeout = 0
        package var thirdPartyDrives = false
        package var xhciPortLimit = false
    }

    package struct Scheme: ConfigurationSection {
        package var customKernel = false
        package var fuzzyMatch = true
        package var kernelArch = "Auto"
        package var kernelCache = "Auto"
    }

    package var add: [Kext] = []
    package var block: [PlistValue] = []
    package var emulate = Emulate()
    package var force: [PlistValue] = []
    package var patch: [Patch] = []
    package var quirks = Quirks()
    package var scheme = Scheme()
}
