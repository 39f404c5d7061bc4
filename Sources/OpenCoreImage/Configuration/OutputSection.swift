/// The firmware's screen.
public struct OutputSection: ConfigurationSection {
    public enum TextRenderer: String, PlistConvertible, CaseIterable {
        /// OpenCore's own characters on the screen.
        case builtinGraphics = "BuiltinGraphics"
        /// The firmware's console: under OVMF that is the serial port too.
        case systemText = "SystemText"
    }

    public static let keys = ["uiScale": "UIScale"]

    public var clearScreenOnModeSwitch = false
    public var consoleFont = ""
    public var consoleMode = ""
    public var directGopRendering = false
    public var forceResolution = false
    public var gopBurstMode = false
    public var gopPassThrough = "Disabled"
    public var ignoreTextInGraphics = false
    public var initialMode = "Auto"
    public var provideConsoleGop = true
    public var reconnectGraphicsOnConnect = false
    public var reconnectOnResChange = false
    public var replaceTabWithSpace = false
    /// macOS keeps it: there is no driver that could change it later.
    public var resolution = "1920x1080"
    public var sanitiseClearScreen = false
    public var textRenderer = TextRenderer.builtinGraphics
    public var uiScale = 0
    public var ugaPassThrough = false
}
