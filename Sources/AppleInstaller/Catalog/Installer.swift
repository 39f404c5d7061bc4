package import Foundation

/// An installer of macOS that Apple offers.
package struct Installer: Equatable, Sendable {
    /// What its files are made into a disk from.
    package enum Parts: Equatable, Sendable {
        /// 11 and newer: InstallAssistant.pkg has everything.
        case package(CatalogPackage)
        /// 10.13 to 10.15: the recovery, the system and what belongs to them, each a file of its own.
        case files([CatalogPackage])

        package var packages: [CatalogPackage] {
            switch self {
            case .package(let package): [package]
            case .files(let packages): packages
            }
        }
    }

    /// The files of 10.13 to 10.15; gibMacOS and macos-virtualbox name the same.
    package static let fileNames = [
        "BaseSystem.dmg", "BaseSystem.chunklist", "InstallESDDmg.pkg", "InstallInfo.plist", "AppleDiagnostics.dmg",
        "AppleDiagnostics.chunklist",
    ]

    /// In Apple's catalog: "042-23155".
    package let product: String
    package let title: String
    package let version: MacOSVersion
    package let build: MacOSBuild
    package let date: Date
    /// nil when a file is absent that this program needs.
    package let parts: Parts?
    /// Of all its files, in bytes.
    package let size: Int

    /// nil when neither distribution nor metadata tell version and build.
    package init?(_ product: CatalogProduct, _ distribution: Distribution, _ metadata: ServerMetadata?) {
        guard let version = distribution.version ?? metadata?.version, let build = distribution.build else { return nil }
        (self.product, self.version, self.build, date) = (product.identifier, version, build, product.date)
        title = distribution.title ?? metadata?.title ?? "macOS"
        parts = Self.parts(product.packages)
        size = (parts?.packages ?? product.packages).map(\.size).reduce(0, +)
    }

    private static func parts(_ packages: [CatalogPackage]) -> Parts? {
        if let whole = packages.first(where: { $0.name == "InstallAssistant.pkg" }) { return .package(whole) }
        let files = fileNames.compactMap { name in packages.first { $0.name == name } }
        return files.count == fileNames.count ? .files(files) : nil
    }

    package var isBeta: Bool { build.isBeta }

    /// In messages: "macOS 13.7.8 (22H730)".
    package var name: String { "macOS \(version) (\(build))" }
}

/// The installers that Apple offers, the newest first.
package struct InstallerList: Equatable, Sendable {
    package let installers: [Installer]
    /// Products that claim to be installers and could not be read.
    package let unreadable: Int

    package init(_ installers: [Installer], unreadable: Int) {
        self.installers = installers.sorted { ($0.version, $0.build, $0.date, $0.product) > ($1.version, $1.build, $1.date, $1.product) }
        self.unreadable = unreadable
    }

    /// Those that this program can use, without betas.
    package var usual: [Installer] { installers.filter { $0.parts != nil && !$0.isBeta } }

    /// The newest installer of a version: of exactly this one, or else of its updates.
    package func newest(_ version: MacOSVersion, betas: Bool) -> Installer? {
        let candidates = installers.filter { $0.parts != nil && (betas || !$0.isBeta) }
        return candidates.first { $0.version == version && version.numbers.count > 1 }
            ?? candidates.first { $0.version.isUpdate(of: version) }
    }

    package func exactly(_ build: MacOSBuild) -> Installer? { installers.first { $0.build == build && $0.parts != nil } }
}
