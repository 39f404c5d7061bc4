/// macOS 10.15 to 26.
package enum MacOSRelease: String, Codable, Sendable, CaseIterable, Comparable {
    case catalina = "10.15"
    case bigSur = "11"
    case monterey = "12"
    case ventura = "13"
    case sonoma = "14"
    case sequoia = "15"
    case tahoe = "26"

    package static let newest = MacOSRelease.tahoe
    package static func < (a: MacOSRelease, b: MacOSRelease) -> Bool { a.darwin < b.darwin }
    /// Major version of the Darwin kernel, consecutive.
    package var darwin: Int {
        switch self {
        case .catalina: 19
        case .bigSur: 20
        case .monterey: 21
        case .ventura: 22
        case .sonoma: 23
        case .sequoia: 24
        case .tahoe: 25
        }
    }

    /// The marketing name in lower case, without blanks.
    package var name: String {
        switch self {
        case .catalina: "catalina"
        case .bigSur: "bigsur"
        case .monterey: "monterey"
        case .ventura: "ventura"
        case .sonoma: "sonoma"
        case .sequoia: "sequoia"
        case .tahoe: "tahoe"
        }
    }

    /// A number as in `rawValue`, or a name in any case: "15", "Sequoia".
    package init?(text: String) {
        guard let release = Self(rawValue: text) ?? Self.allCases.first(where: { $0.name == text.lowercased() }) else { return nil }
        self = release
    }
}
