/// Which of Apple's catalogs: what everybody gets, or one of the beta programs.
package enum SeedProgram: String, CaseIterable, Sendable {
    case none
    /// AppleSeed for IT.
    case customer
    case developer
    case `public`

    /// How the catalog of the newest release is called in the name of the file.
    var suffix: String {
        switch self {
        case .none: ""
        case .customer: "customerseed"
        case .developer: "seed"
        case .public: "beta"
        }
    }

    /// The releases that a catalog is merged from, the newest first. There is no 16, and 11 is called 10.16.
    /// https://github.com/munki/macadmin-scripts, installinstallmacos.py; gibMacOS agrees.
    private static let releases = [
        "26", "15", "14", "13", "12", "10.16", "10.15", "10.14", "10.13", "10.12", "10.11", "10.10", "10.9", "mountainlion", "lion",
        "snowleopard", "leopard",
    ]

    /// The catalog, which offers the installers of older releases too.
    package var catalogURL: String {
        let newest = Self.releases.first.map { self == .none ? [] : [$0 + suffix] } ?? []
        return AppleServers.catalogs + "index-" + (newest + Self.releases).joined(separator: "-") + ".merged-1.sucatalog"
    }
}
