package import Foundation

/// The picker, logging and what may be started.
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
        /// Nobody sits there: the default entry starts at once.
        package var showPicker = false
        package var takeoffDelay = 0
        package var timeout = 5
    }

    package enum PickerMode: String, PlistConvertible, CaseIterable {
        /// OpenCore's own text.
        case builtin = "Builtin"
        /// OpenCanopy's pictures.
        case external = "External"
    }

    package struct Debug: ConfigurationSection {
        package var appleDebug = false
        /// Would write to the disk that OpenCore is on, which `boot` does not let the guest change.
        package var applePanic = false
        package var disableWatchDog = false
        package var displayDelay = 0
        package var displayLevel = 0x8000_0002
        package var logModules = "*"
        package var sysReport = false
        /// No log: there is no file to write it to, and the screen is not looked at.
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
        /// Look everywhere: macOS is on virtio or SATA, its installer may be on a FAT or HFS+ volume.
        package var scanPolicy = 0
        /// Apple's Secure Boot asks for a manifest made for this very machine.
        package var secureBootModel = "Disabled"
        /// The sample insists on a vault, a signature over all files of OpenCore.
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
