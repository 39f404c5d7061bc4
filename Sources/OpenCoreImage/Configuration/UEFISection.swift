/// Drivers, console and input, and what OpenCore replaces in the firmware.
package struct UEFISection: ConfigurationSection {
    package static let keys = ["apfs": "APFS"]

    package struct APFS: ConfigurationSection {
        package var enableJumpstart = true
        package var globalConnect = false
        package var hideVerbose = true
        package var jumpstartHotPlug = false
        package var minDate = 0
        package var minVersion = 0
    }

    package struct Driver: ConfigurationSection {
        package var arguments = ""
        package var comment = ""
        package var enabled = true
        /// Since OpenCore 1.0.8.
        package var hideVerbose: Bool?
        package var loadEarly = false
        /// Below EFI/OC/Drivers.
        package var path: String
    }

    package struct Quirks: ConfigurationSection {
        package var activateHpetSupport = false
        package var disableSecurityPolicy = false
        package var enableVectorAcceleration = true
        package var enableVmx = false
        package var exitBootServicesDelay = 0
        package var forceOcWriteFlash = false
        package var forgeUefiSupport = false
        package var ignoreInvalidFlexRatio = false
        package var releaseUsbOwnership = false
        package var reloadOptionRoms = false
        /// OpenCore keeps the boot order that macOS writes from OVMF, and stays the first that starts.
        package var requestBootVarRouting = true
        package var resizeGpuBars = -1
        package var resizeUsePciRbIo = false
        package var shimRetainProtocol = false
        package var tscSyncTimeout = 0
        package var unblockFsConnect = false
    }

    package var apfs = APFS()
    package var appleInput = AppleInputSection()
    package var audio = AudioSection()
    package var connectDrivers = true
    package var drivers: [Driver] = []
    package var input = InputSection()
    package var output = OutputSection()
    package var protocolOverrides = ProtocolOverridesSection()
    package var quirks = Quirks()
    package var reservedMemory: [PlistValue] = []
    /// Since OpenCore 1.0.2.
    package var unload: [String]?
}

/// The firmware's screen.
package struct OutputSection: ConfigurationSection {
    package enum TextRenderer: String, PlistConvertible, CaseIterable {
        /// OpenCore's own text, on the screen only.
        case builtinGraphics = "BuiltinGraphics"
        /// The firmware's console: under OVMF, that includes the serial port.
        case systemText = "SystemText"
    }

    package static let keys = ["uiScale": "UIScale"]

    package var clearScreenOnModeSwitch = false
    package var consoleFont = ""
    package var consoleMode = ""
    package var directGopRendering = false
    package var forceResolution = false
    package var gopBurstMode = false
    package var gopPassThrough = "Disabled"
    package var ignoreTextInGraphics = false
    package var initialMode = "Auto"
    package var provideConsoleGop = true
    package var reconnectGraphicsOnConnect = false
    package var reconnectOnResChange = false
    package var replaceTabWithSpace = false
    /// macOS keeps it: no driver can change it later.
    package var resolution = "1920x1080"
    package var sanitiseClearScreen = false
    package var textRenderer = TextRenderer.builtinGraphics
    package var uiScale = 0
    package var ugaPassThrough = false
}

/// Keyboard and pointer in the firmware.
package struct InputSection: ConfigurationSection {
    package var keyFiltering = false
    package var keyForgetThreshold = 5
    package var keySupport = true
    package var keySupportMode = "Auto"
    package var keySwap = false
    package var pointerSupport = false
    package var pointerSupportMode = "ASUS"
    package var timerResolution = 50000
}

/// Keyboard and pointer for Apple's loader and OpenCanopy.
package struct AppleInputSection: ConfigurationSection {
    package var appleEvent = "Builtin"
    package var customDelays = false
    package var graphicsInputMirroring = true
    package var keyInitialDelay = 50
    package var keySubsequentDelay = 5
    package var pointerDwellClickTimeout = 0
    package var pointerDwellDoubleClickTimeout = 0
    package var pointerDwellRadius = 0
    package var pointerPollMask = -1
    package var pointerPollMax = 80
    package var pointerPollMin = 10
    package var pointerSpeedDiv = 1
    package var pointerSpeedMul = 1
}

/// Which of the firmware's protocols OpenCore replaces.
package struct ProtocolOverridesSection: ConfigurationSection {
    package static let keys = ["osInfo": "OSInfo"]

    package var appleAudio = false
    package var appleBootPolicy = false
    package var appleDebugLog = false
    package var appleEg2Info = false
    package var appleFramebufferInfo = false
    package var appleImageConversion = false
    package var appleImg4Verification = false
    package var appleKeyMap = false
    package var appleRtcRam = false
    package var appleSecureBoot = false
    package var appleSmcIo = false
    package var appleUserInterfaceTheme = false
    package var dataHub = false
    package var deviceProperties = false
    package var firmwareVolume = true
    package var hashServices = false
    package var osInfo = false
    package var pciIo = false
    package var unicodeCollation = false
}

/// Sound before macOS starts: none.
package struct AudioSection: ConfigurationSection {
    package var audioCodec = 0
    package var audioDevice = ""
    package var audioOutMask = 1
    package var audioSupport = false
    package var disconnectHda = false
    package var maximumGain = -15
    package var minimumAssistGain = -30
    package var minimumAudibleGain = -55
    package var playChime = "Auto"
    package var resetTrafficClass = false
    package var setupDelay = 0
}
