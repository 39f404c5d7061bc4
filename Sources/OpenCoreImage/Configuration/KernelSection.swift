package import Foundation

/// What OpenCore adds to and changes in XNU.
package struct KernelSection: ConfigurationSection {
    /// A kext that is injected.
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

    /// A change of bytes in the kernel or in one of its extensions.
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
        /// `boot` gives the guest a named Intel model that XNU knows: nothing to disguise.
        package var cpuid1Data = Data()
        package var cpuid1Mask = Data()
        /// AppleIntelCPUPowerManagement panics where the MSRs of power management are not there, as in a virtual machine.
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
        /// macOS takes a virtual machine for one of Apple's own and asks for their scheme of signatures; a PC needs x86legacy's.
        package var forceSecureBootScheme = true
        package var increasePciBarSize = false
        package var lapicKernelPanic = false
        package var legacyCommpage = false
        package var panicNoKextDump = false
        package var powerTimeoutKernelPanic = false
        /// XNU reads its number of CPUs from MSR 35h, which KVM does not have, and its clock from registers that QEMU's models
        /// leave empty: OpenCore gives it both.
        package var provideCurrentCpuInfo = true
        /// No TRIM of the whole disk at every start: minutes on a large one. Since macOS 12 no other number but 0 is honoured.
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
