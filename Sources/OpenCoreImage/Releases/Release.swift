import Downloads
import Foundation

/// A file that acidanthera releases on GitHub: a component, its version and its build.
package struct Release: Equatable, Sendable {
    package enum Component: String, CaseIterable, Sendable {
        case openCore = "OpenCorePkg"
        case lilu = "Lilu"
        case virtualSMC = "VirtualSMC"
    }

    /// How it was compiled.
    package enum Build: String, CaseIterable, Sendable {
        case release = "RELEASE"
        /// Writes a log.
        case debug = "DEBUG"
    }

    package var component: Component
    package var version: String
    package var build: Build

    package init(_ component: Component, _ version: String, _ build: Build) {
        (self.component, self.version, self.build) = (component, version, build)
    }

    /// "OpenCorePkg 1.0.6 RELEASE"
    init?(key: String) {
        let words = key.split(separator: " ").map(String.init)
        guard words.count == 3, let component = Component(rawValue: words[0]), let build = Build(rawValue: words[2]) else { return nil }
        self.init(component, words[1], build)
    }

    /// In the lock file.
    var key: String { "\(component.rawValue) \(version) \(build.rawValue)" }

    /// OpenCore-1.0.6-RELEASE.zip
    var asset: String { "\(component == .openCore ? "OpenCore" : component.rawValue)-\(version)-\(build.rawValue).zip" }
}

extension DownloadLock {
    /// The release of a version, or the newest one in the lock file.
    func newest(_ component: Release.Component, version: String?, _ build: Release.Build) -> (release: Release, entry: Entry)? {
        entries.compactMap { entry in Release(key: entry.key).map { (release: $0, entry: entry) } }
            .filter { $0.release.component == component && $0.release.build == build }
            .filter { version == nil || $0.release.version == version }
            .max { $0.release.version.compare($1.release.version, options: .numeric) == .orderedAscending }
    }
}
