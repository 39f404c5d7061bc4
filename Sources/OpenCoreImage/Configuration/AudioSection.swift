/// Sound before macOS: none.
public struct AudioSection: ConfigurationSection {
    public var audioCodec = 0
    public var audioDevice = ""
    public var audioOutMask = 1
    public var audioSupport = false
    public var disconnectHda = false
    public var maximumGain = -15
    public var minimumAssistGain = -30
    public var minimumAudibleGain = -55
    public var playChime = "Auto"
    public var resetTrafficClass = false
    public var setupDelay = 0
}
