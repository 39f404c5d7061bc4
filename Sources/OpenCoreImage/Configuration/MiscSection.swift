public import Foundation

/// The picker, logging and what may be started.
public struct MiscSection: ConfigurationSection {
    public struct Boot: ConfigurationSection {
        public var consoleAttributes = 0
        public var hibernateMode = "None"
        public var hibernateSkipsPicker = false
        public var hideAuxiliary = true
        public var instanceIdentifier = ""
        public var launcherOption = "Disabled"
        public var launcherPath = "Default"
        public var pickerAttributes = 17
        public var pickerAudioAssist = false
        public var pickerMode = PickerMode.builtin
        public var pickerVariant = "Auto"
        public var pollAppleHotKeys = false
        /// Nobody sits there: the default entry starts at once.
        public var showPicker = false
        public var takeoffDelay = 0
        public var timeout = 5
    }

    public enum PickerMode: String, PlistConvertible, CaseIterable {
        /// OpenCore's own text.
        case builtin = "Builtin"
        /// OpenCanopy's pictures.
        case external = "External"
    }

    public struct Debug: ConfigurationSection {
        public var appleDebug = false
        /// Would write to the disk that OpenCore is on, which `boot` does not let the guest change.
        public var applePanic = false
        public var disableWatchDog = false
        public var displayDelay = 0
        public var displayLevel = 0x8000_0002
        public var logModules = "*"
        public var sysReport = false
        /// No log: there is no file to write it to, and the screen is not looked at.
        public var target = 0
    }

    public struct Security: ConfigurationSection {
        /// Ctrl+Enter in the picker makes an entry the default.
        public var allowSetDefault = true
        public var apECID = 0
        public var authRestart = false
        public var blacklistAppleUpdate = true
        public var dmgLoading = "Signed"
        public var enablePassword = false
        public var exposeSensitiveData = 6
        public var haltLevel = 0x8000_0000
        public var passwordHash = Data()
        public var passwordSalt = Data()
        /// Look everywhere: macOS is on virtio or SATA, its installer may be on a FAT or HFS+ volume.
        public var scanPolicy = 0
        /// Apple's Secure Boot asks for a manifest made for this very machine.
        public var secureBootModel = "Disabled"
        /// The sample insists on a vault, a signature over all files of OpenCore.
        public var vault = "Optional"
    }

    public struct Serial: ConfigurationSection {
        public var `init` = false
        public var override = false
    }

    public var blessOverride: [String] = []
    public var boot = Boot()
    public var debug = Debug()
    public var entries: [PlistValue] = []
    public var security = Security()
    public var serial = Serial()
    public var tools: [PlistValue] = []
}
