/// Keyboard and pointer in the firmware.
public struct InputSection: ConfigurationSection {
    public var keyFiltering = false
    public var keyForgetThreshold = 5
    public var keySupport = true
    public var keySupportMode = "Auto"
    public var keySwap = false
    public var pointerSupport = false
    public var pointerSupportMode = "ASUS"
    public var timerResolution = 50000
}

/// The same in the terms of Apple's loader and of OpenCanopy.
public struct AppleInputSection: ConfigurationSection {
    public var appleEvent = "Builtin"
    public var customDelays = false
    public var graphicsInputMirroring = true
    public var keyInitialDelay = 50
    public var keySubsequentDelay = 5
    public var pointerDwellClickTimeout = 0
    public var pointerDwellDoubleClickTimeout = 0
    public var pointerDwellRadius = 0
    public var pointerPollMask = -1
    public var pointerPollMax = 80
    public var pointerPollMin = 10
    public var pointerSpeedDiv = 1
    public var pointerSpeedMul = 1
}
