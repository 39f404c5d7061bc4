package import Foundation

/// The picker, logging, and which systems OpenCore may start.
package struct MiscSection: ConfigurationSection {
    package struct Boot: ConfigurationSection {
        package var consoleAttributes = 0
        package var hibernateMode = "None"
        package var hibernateSkipsPicker = false
        package var hideAuxiliary = true
        package var instanceIdentifier = ""
        package var launcherOption = "Disabled"
        package var launcherPath = "Default"
        package var pickerAttributes = 17
        package var pickerAudioAssist = false
        package var pickerMode = PickerMode.builtin
        package var pickerVariant = "Auto"
        package var pollAppleHotKeys = false
        /// A server has nobody at the keyboard: the default entry starts at once.
        package var showPicker = false
        package var takeoffDelay = 0
        package var timeout = 5
    }

    package enum PickerMode: String, PlistConvertible, CaseIterable {
        /// Text, by OpenCore itself.
        case builtin = "Builtin"
        /// Icons, by OpenCanopy.
        case external = "External"
    }

    package struct Debug: ConfigurationSection {
        package var appleDebug = false
        /// It would write to the OpenCore disk, which `boot` attaches read-only.
        package var applePanic = false
        package var disableWatchDog = false
        package var displayDelay = 0
        package var displayLevel = 0x8000_0002
        package var logModules = "*"
        package var sysReport = false
        /// No log: OpenCore cannot write a file, and nobody watches the screen.
        package var target = 0
    }

    package struct Security: ConfigurationSection {
        /// Ctrl+Enter in the picker makes an entry the default.
        package var allowSetDefault = true
        package var apECID = 0
        package var authRestart = false
        package var blacklistAppleUpdate = true
        package var dmgLoading = "Signed"
        package var enablePassword = false
        package var exposeSensitiveData = 6
        package var haltLevel = 0x8000_0000
        package var passwordHash = Data()
        package var passwordSalt = Data()
        /// All devices and file systems: macOS is on virtio or SATA, its installer can be on FAT or HFS+.
        package var scanPolicy = 0
        /// Apple's Secure Boot needs a manifest made for this particular machine.
        package var secureBootModel = "Disabled"
        /// OpenCore's sample requires a vault: a signature over all of its files.
        package var vault = "Optional"
    }

    package struct Serial: ConfigurationSection {
        package var `init` = false
        package var override = false
    }

    package var blessOverride: [String] = []
    package var boot = Boot()
    package var debug = Debug()
    package var entries: [PlistValue] = []
    package var security = Security()
    package var serial = Serial()
    package var tools: [PlistValue] = []
}

/// The boot menu as a user asks for it.
package struct Picker: Equatable, Sendable {
    /// Whether it appears. If not, the default entry starts at once.
    package var isShown: Bool
    /// Seconds until the default entry starts; 0 waits for a key.
    package var timeout: Int
    /// Icons by OpenCanopy instead of text.
    package var isGraphical: Bool

    package init(isShown: Bool = false, timeout: Int = 5, isGraphical: Bool = false) {
        (self.isShown, self.timeout, self.isGraphical) = (isShown, timeout, isGraphical)
    }
}

/// Which volumes OpenCore's picker lists: Configuration.pdf, "ScanPolicy".
package enum ScanPolicy: String, CaseIterable, Sendable {
    /// Every volume of every device, also another disk's EFI/BOOT/BOOTx64.efi.
    case any
    /// APFS and HFS+ volumes: macOS, its installer and Recovery.
    case macOS = "macos"

    /// OC_SCAN_FILE_SYSTEM_LOCK, OC_SCAN_ALLOW_FS_APFS and OC_SCAN_ALLOW_FS_HFS.
    private static let (lock, apfs, hfs) = (0x1, 0x100, 0x200)

    /// For `Misc.Security.ScanPolicy`.
    var mask: Int { self == .any ? 0 : Self.lock | Self.apfs | Self.hfs }

    /// Whether a mask limits the volumes to those of macOS.
    static func isMacOSOnly(_ mask: Int) -> Bool { mask & Self.lock != 0 && mask & 0xff00 & ~(Self.apfs | Self.hfs) == 0 }
}
