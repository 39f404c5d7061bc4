/// The firmware's screen.
package struct OutputSection: ConfigurationSection {
    package enum TextRenderer: String, PlistConvertible, CaseIterable {
        /// OpenCore's own characters on the screen.
        case builtinGraphics = "BuiltinGraphics"
        /// The firmware's console: under OVMF that is the serial port too.
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
    /// macOS keeps it: there is no driver that could change it later.
    package var resolution = "1920x1080"
    package var sanitiseClearScreen = false
    package var textRenderer = TextRenderer.builtinGraphics
    package var uiScale = 0
    package var ugaPassThrough = false
}
