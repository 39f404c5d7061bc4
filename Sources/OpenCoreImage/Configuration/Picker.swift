/// How the boot menu behaves.
public struct Picker: Equatable, Sendable {
    /// Whether it appears at all. Hidden, the default entry starts at once.
    public var isShown: Bool
    /// Seconds until the default entry starts; 0 waits for a key.
    public var timeout: Int
    /// OpenCanopy's pictures in place of text.
    public var isGraphical: Bool

    public init(isShown: Bool = false, timeout: Int = 5, isGraphical: Bool = false) {
        (self.isShown, self.timeout, self.isGraphical) = (isShown, timeout, isGraphical)
    }
}
