/// Protocols of the firmware that OpenCore's replace.
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
