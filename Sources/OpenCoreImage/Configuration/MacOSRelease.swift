/// The releases of macOS that an image is for.
public enum MacOSRelease: String, CaseIterable, Comparable, Sendable {
    case catalina = "10.15"
    case bigSur = "11"
    case monterey = "12"
    case ventura = "13"
    case sonoma = "14"
    case sequoia = "15"
    case tahoe = "26"

    private var rank: Int { Self.allCases.firstIndex(of: self) ?? 0 }

    public static func < (left: Self, right: Self) -> Bool { left.rank < right.rank }

    /// "15", or a span such as "12-26".
    public static func span(_ text: String) -> ClosedRange<MacOSRelease>? {
        let ends = text.split(separator: "-", omittingEmptySubsequences: false).map { MacOSRelease(rawValue: String($0)) }
        guard ends.count <= 2, let first = ends.first.flatMap({ $0 }), let last = ends.last.flatMap({ $0 }), first <= last else {
            return nil
        }
        return first...last
    }

    /// All that this project supports.
    public static let all = MacOSRelease.catalina...MacOSRelease.tahoe
}
