package import BootSettings

extension MacOSRelease {
    /// "15" or "Sequoia", or a span such as "12-26".
    package static func span(_ text: String) -> ClosedRange<MacOSRelease>? {
        let ends = text.split(separator: "-", omittingEmptySubsequences: false).map { MacOSRelease(text: String($0)) }
        guard ends.count <= 2, let first = ends.first.flatMap({ $0 }), let last = ends.last.flatMap({ $0 }), first <= last else {
            return nil
        }
        return first...last
    }

    /// All that this project supports.
    package static let all = MacOSRelease.catalina...MacOSRelease.newest
}
