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

/// The same in the terms of Apple's loader and of OpenCanopy.
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
