/// Sound before macOS: none.
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
