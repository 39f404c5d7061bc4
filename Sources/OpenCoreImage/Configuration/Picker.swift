/// How the boot menu behaves.
package struct Picker: Equatable, Sendable {
    /// Whether it appears at all. Hidden, the default entry starts at once.
    package var isShown: Bool
    /// Seconds until the default entry starts; 0 waits for a key.
    package var timeout: Int
    /// OpenCanopy's pictures in place of text.
    package var isGraphical: Bool

    package init(isShown: Bool = false, timeout: Int = 5, isGraphical: Bool = false) {
        (self.isShown, self.timeout, self.isGraphical) = (isShown, timeout, isGraphical)
    }
}
