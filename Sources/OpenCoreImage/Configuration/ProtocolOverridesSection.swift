/// Protocols of the firmware that OpenCore's replace.
public struct ProtocolOverridesSection: ConfigurationSection {
    public static let keys = ["osInfo": "OSInfo"]

    public var appleAudio = false
    public var appleBootPolicy = false
    public var appleDebugLog = false
    public var appleEg2Info = false
    public var appleFramebufferInfo = false
    public var appleImageConversion = false
    public var appleImg4Verification = false
    public var appleKeyMap = false
    public var appleRtcRam = false
    public var appleSecureBoot = false
    public var appleSmcIo = false
    public var appleUserInterfaceTheme = false
    public var dataHub = false
    public var deviceProperties = false
    public var firmwareVolume = true
    public var hashServices = false
    public var osInfo = false
    public var pciIo = false
    public var unicodeCollation = false
}
