/// A version of OpenCore: 1.0.6.
package struct OpenCoreVersion: Comparable, Sendable, CustomStringConvertible {
    private var parts: [Int]

    /// Three numbers separated by dots.
    package init?(_ text: some StringProtocol) {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        let numbers = parts.compactMap { $0.count <= 3 && $0.allSatisfy { $0.isASCII && $0.isNumber } ? Int($0) : nil }
        guard numbers.count == 3, parts.count == 3 else { return nil }
        self.parts = numbers
    }

    private init(_ major: Int, _ minor: Int, _ patch: Int) { parts = [major, minor, patch] }

    package var description: String { parts.map(String.init).joined(separator: ".") }

    package static func < (left: Self, right: Self) -> Bool { left.parts.lexicographicallyPrecedes(right.parts) }

    /// The oldest that is supported.
    package static let oldest = OpenCoreVersion(1, 0, 0)
    /// UEFI.Unload (Changelog.md of OpenCore).
    static let unload = OpenCoreVersion(1, 0, 2)
    /// Booter.Quirks.ClearTaskSwitchBit.
    static let clearTaskSwitchBit = OpenCoreVersion(1, 0, 4)
    /// Injects kexts into macOS 26.
    static let tahoe = OpenCoreVersion(1, 0, 5)
    /// UEFI.Drivers[].HideVerbose.
    static let driverHideVerbose = OpenCoreVersion(1, 0, 8)
}
