package import Diagnostics
import Downloads
import Foundation
package import HostSupport
package import SystemPackage

/// Releases of acidanthera's projects: asked of GitHub once, pinned in the lock file, and stored by their content.
package struct ReleaseStore: Sendable {
    package var cache: FilePath
    package var lock: FilePath
    package var isOffline: Bool
    /// The URL of GitHub's API, without a slash at the end.
    package var api: String

    package static let gitHub = "https://api.github.com"

    package init(cache: FilePath, lock: FilePath, isOffline: Bool = false, api: String = gitHub) {
        (self.cache, self.lock, self.isOffline, self.api) = (cache, lock, isOffline, api)
    }

    /// The ZIP of a release.
    ///
    /// A release in the lock file comes from the cache, without a question to anybody. Any other one is asked of GitHub: its
    /// digest must be that of the lock file, if it is there, and of the content that arrives.
    /// - Parameter version: nil for the newest in the lock file, or else the newest there is.
    /// - Throws: `unavailable`; `dataError` for a digest that differs.
    package func obtain(
        _ component: Release.Component, version: String?, build: Release.Build, progress: StepProgress
    ) async throws(OperationError) -> FilePath {
        let locked = try lockFile().newest(component, version: version, build)
        if let locked, let stored = try await store.stored(download(locked.release, locked.entry)) { return stored }
        let wanted = [component.rawValue, version ?? locked?.release.version, build.rawValue].compactMap { $0 }.joined(separator: " ")
        if isOffline {
            throw OperationError(
                "find", wanted, cause: locked == nil ? "it is not in \(lock)" : "it is not in \(cache)",
                remedy: "run once without --offline, or name the file with \(Self.flag(component))", exit: .unavailable)
        }
        let (release, entry) = try await ask(component, version: version ?? locked?.release.version, build: build, locked: locked?.entry)
        let file: FilePath
        do {
            file = try await store.obtain(download(release, entry), by: downloader, progress: progress)
        } catch  where error.exit == .unavailable {
            throw withFlag(error, component)
        }
        try await DownloadLock.add(entry, to: lock)
        return file
    }

    /// - Throws: as `DownloadLock.init(reading:)`.
    func lockFile() throws(OperationError) -> DownloadLock { try DownloadLock(reading: lock) { Release(key: $0) != nil } }

    private var store: ContentStore { ContentStore(cache) }

    private var downloader: Downloader { Downloader(allowsPlainHTTP: !api.hasPrefix("https://")) }

    private func download(_ release: Release, _ entry: DownloadLock.Entry) -> Download {
        Download(name: release.asset, url: entry.url, size: entry.size, digest: entry.digest)
    }

    /// The option that names a file, so that nothing is fetched.
    private static func flag(_ component: Release.Component) -> String {
        switch component {
        case .openCore: "--opencore"
        case .lilu: "--lilu"
        case .virtualSMC: "--virtualsmc"
        }
    }

    private func withFlag(_ error: OperationError, _ component: Release.Component) -> OperationError {
        var error = error
        let other = "name a file with \(Self.flag(component))"
        error.remedy = error.remedy.map { $0 + ", or \(other)" } ?? other
        return error
    }

    /// What GitHub offers, checked against the lock file.
    private func ask(
        _ component: Release.Component, version: String?, build: Release.Build, locked: DownloadLock.Entry?
    ) async throws(OperationError) -> (Release, DownloadLock.Entry) {
        let url = "\(api)/repos/acidanthera/\(component.rawValue)/releases/" + (version.map { "tags/\($0)" } ?? "latest")
        let text: String
        do {
            text = try await downloader.text(url)
        } catch  where error.exit == .unavailable {
            var error = error
            error.remedy = "check the network"
            throw withFlag(error, component)
        }
        let answer = try GitHubRelease(text, from: url)
        let release = Release(component, answer.tag, build)
        guard let asset = answer.assets.first(where: { $0.name == release.asset }), asset.size > 0 else {
            throw OperationError("find", release.asset, cause: "release \(answer.tag) does not contain it", exit: .unavailable)
        }
        guard asset.url.hasPrefix("https://") || !api.hasPrefix("https://") else {
            throw OperationError("download", asset.url.printable, cause: "the URL is not https", exit: .unavailable)
        }
        guard let digest = asset.sha256 ?? locked?.digest else {
            throw OperationError(
                "check", release.asset,
                cause: "GitHub gives no digest for it, as for all releases before June 2025, and \(lock) has none",
                remedy: "use a newer release, or download it, check it and name it with \(Self.flag(component))", exit: .unavailable)
        }
        let entry = DownloadLock.Entry(key: release.key, size: asset.size, digest: digest, url: asset.url)
        if let locked, locked.digest != digest { throw DownloadLock.changed(entry, from: locked.digest, lock) }
        return (release, entry)
    }
}
