package import Downloads
import Foundation

/// The files that an installer is made from: what Apple's catalog says now, or what a lock file remembers.
package struct SourceFiles: Equatable, Sendable {
    package struct File: Equatable, Sendable {
        package let name: String
        package let url: String
        /// Bytes.
        package let size: Int
        /// The list of its pieces.
        package let integrityURL: String?
    }

    package let version: MacOSVersion
    package let build: MacOSBuild
    package let product: String
    package let files: [File]

    /// nil for an installer that lacks a file.
    package init?(_ installer: Installer) {
        guard let parts = installer.parts else { return nil }
        (version, build, product) = (installer.version, installer.build, installer.product)
        files = parts.packages.map { File(name: $0.name, url: $0.url, size: $0.size, integrityURL: $0.integrityURL) }
    }

    package var size: Int { files.map(\.size).reduce(0, +) }
    package var name: String { "macOS \(version) (\(build))" }

    package func file(_ name: String) -> File? { files.first { $0.name == name } }

    // MARK: The lock file

    /// How integrity data are called in a lock file and in the cache, beside the file that they are for.
    static let integritySuffix = ".integrityDataV1"

    /// "macOS 15.6.1 24G90 082-15601 InstallAssistant.pkg"
    func key(_ name: String) -> String { "macOS \(version) \(build) \(product) \(name)" }

    package static func isKey(_ key: String) -> Bool { Key(key) != nil }

    private struct Key {
        let version: MacOSVersion
        let build: MacOSBuild
        let product, name: String

        init?(_ key: String) {
            let words = key.split(separator: " ").map(String.init)
            guard words.count == 5, words[0] == "macOS", let version = MacOSVersion(words[1]), let build = MacOSBuild(words[2]),
                Download.isName(words[4])
            else { return nil }
            (self.version, self.build, product, name) = (version, build, words[3], words[4])
        }
    }

    /// The newest installer in a lock file that is wanted.
    package init?(_ lock: DownloadLock, where isWanted: (MacOSVersion, MacOSBuild) -> Bool) {
        let entries = lock.entries.compactMap { entry in Key(entry.key).map { (key: $0, entry: entry) } }
        let wanted = entries.filter { isWanted($0.key.version, $0.key.build) }
        guard let newest = wanted.max(by: { ($0.key.version, $0.key.build) < ($1.key.version, $1.key.build) })?.key else { return nil }
        let own = wanted.filter { $0.key.build == newest.build && $0.key.product == newest.product }
        (version, build, product) = (newest.version, newest.build, newest.product)
        files = own.filter { !$0.key.name.hasSuffix(Self.integritySuffix) }.map { item in
            let integrity = own.first { $0.key.name == item.key.name + Self.integritySuffix }
            return File(name: item.key.name, url: item.entry.url, size: item.entry.size, integrityURL: integrity?.entry.url)
        }
        let isComplete = file("InstallAssistant.pkg") != nil || Installer.fileNames.allSatisfy { file($0) != nil }
        guard isComplete else { return nil }
    }
}
