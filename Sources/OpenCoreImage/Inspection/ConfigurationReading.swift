import Foundation

/// The parts of config.plist that a summary shows, of any version of OpenCore.
struct ConfigurationReading: Decodable {
    struct Kernel: Decodable {
        struct Kext: Decodable {
            var bundlePath: String
            var enabled: Bool
            var maxKernel: String?
            var minKernel: String?

            enum CodingKeys: String, CodingKey {
                case bundlePath = "BundlePath"
                case enabled = "Enabled"
                case maxKernel = "MaxKernel"
                case minKernel = "MinKernel"
            }
        }
        var add: [Kext]

        enum CodingKeys: String, CodingKey { case add = "Add" }
    }

    struct Misc: Decodable {
        struct Boot: Decodable {
            var showPicker: Bool?
            var timeout: Int?
            var pickerMode: String?

            enum CodingKeys: String, CodingKey {
                case showPicker = "ShowPicker"
                case timeout = "Timeout"
                case pickerMode = "PickerMode"
            }
        }
        struct Security: Decodable {
            var secureBootModel: String?
            var scanPolicy: Int?
            var dmgLoading: String?
            var vault: String?

            enum CodingKeys: String, CodingKey {
                case secureBootModel = "SecureBootModel"
                case scanPolicy = "ScanPolicy"
                case dmgLoading = "DmgLoading"
                case vault = "Vault"
            }
        }
        var boot: Boot
        var security: Security

        /// What OpenCore starts by default.
        var start: String {
            let rest = "else the first entry found on any disk, which can be another disk's EFI/BOOT/BOOTx64.efi"
            let macOS = "else the first macOS found"
            return "what the guest has made the default in its NVRAM, "
                + (security.scanPolicy.map { ScanPolicy.isMacOSOnly($0) } ?? false ? macOS : rest)
        }

        enum CodingKeys: String, CodingKey {
            case boot = "Boot"
            case security = "Security"
        }
    }

    struct NVRAM: Decodable {
        struct Apple: Decodable {
            var bootArguments: String?
            var integrity: Data?

            enum CodingKeys: String, CodingKey {
                case bootArguments = "boot-args"
                case integrity = "csr-active-config"
            }
        }
        struct Add: Decodable {
            var apple: Apple?

            enum CodingKeys: String, CodingKey { case apple = "7C436110-AB2A-4BBB-A880-FE41995C9F82" }
        }
        var add: Add

        enum CodingKeys: String, CodingKey { case add = "Add" }
    }

    struct PlatformInfo: Decodable {
        struct Generic: Decodable {
            var model: String?
            var serial: String?
            var boardSerial: String?
            var uuid: String?
            var rom: Data?

            enum CodingKeys: String, CodingKey {
                case model = "SystemProductName"
                case serial = "SystemSerialNumber"
                case boardSerial = "MLB"
                case uuid = "SystemUUID"
                case rom = "ROM"
            }
        }
        var generic: Generic?

        enum CodingKeys: String, CodingKey { case generic = "Generic" }
    }

    struct UEFI: Decodable {
        struct Driver: Decodable {
            var path: String
            var enabled: Bool

            enum CodingKeys: String, CodingKey {
                case path = "Path"
                case enabled = "Enabled"
            }
        }
        struct Output: Decodable {
            var resolution: String?

            enum CodingKeys: String, CodingKey { case resolution = "Resolution" }
        }
        var drivers: [Driver]
        var output: Output

        enum CodingKeys: String, CodingKey {
            case drivers = "Drivers"
            case output = "Output"
        }
    }

    var kernel: Kernel
    var misc: Misc
    var nvram: NVRAM
    var platformInfo: PlatformInfo
    var uefi: UEFI

    enum CodingKeys: String, CodingKey {
        case kernel = "Kernel"
        case misc = "Misc"
        case nvram = "NVRAM"
        case platformInfo = "PlatformInfo"
        case uefi = "UEFI"
    }
}
