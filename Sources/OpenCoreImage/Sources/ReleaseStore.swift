package import Diagnostics
import Foundation
import Glibc
package import HostSupport
package import SystemPackage

/// Releases that are fetched once and kept by their content.
package struct ReleaseStore: Sendable {
    /// Holds sha256/DIGEST/NAME, and partial/DIGEST while it arrives. partial/DIGEST.lock is locked meanwhile.
    package var cache: FilePath
    package var lock: FilePath
    package var isOffline: Bool
    /// Of GitHub's API, without a slash at the end.
    package var api: String

    package static let gitHub = "https://api.github.com"

    package init(cache: FilePath, lock: FilePath, isOffline: Bool = false, api: String = gitHub) {
        (self.cache, self.lock, self.isOffline, self.api) = (cache, lock, isOffline, api)
    }

    /// The ZIP of a release.
    ///
    /// What the lock names is taken, and from the cache without asking anybody. Anything else is asked of GitHub, whose digest
    /// must be that of the lock, where there is one, and of what arrives.
    /// - Parameter version: nil for the newest in the lock, or else the newest there is.
    /// - Throws: `unavailable`, `dataError` for a digest that differs.
    package func obtain(
        _ component: Component, version: String?, build: BuildKind, progress: StepProgress
    ) async throws(OperationError) -> FilePath {
        let locked = try SourcesLock(reading: lock).entry(component, version: version, build: build)
        if let locked, let cached = try await cached(locked) { return cached }
        let wanted = [component.rawValue, version ?? locked?.version, build.rawValue].compactMap { $0 }.joined(separator: " ")
        if isOffline {
            throw OperationError(
                "find", wanted, cause: locked == nil ? "it is not in \(lock)" : "it is not in \(cache)",
                remedy: "run once without --offline, or give the file", exit: .unavailable)
        }
        let entry = try await ask(component, version: version ?? locked?.version, build: build, locked: locked)
        let file = try await download(entry, progress: progress)
        try await SourcesLock.add(entry, to: lock)
        return file
    }

    private func place(_ entry: SourcesLock.Entry) -> FilePath {
        cache.appending("sha256").appending(entry.digest).appending(entry.component.asset(version: entry.version, build: entry.build))
    }

    private func cached(_ entry: SourcesLock.Entry) async throws(OperationError) -> FilePath? {
        let path = place(entry)
        guard FileManager.default.fileExists(atPath: path.string) else { return nil }
        if try await Digest.sha256(path) == entry.digest { return path }
        // Damaged since it was stored: fetched again.
        try? FileManager.default.removeItem(atPath: path.string)
        return nil
    }

    /// What GitHub has, held against the lock.
    private func ask(
        _ component: Component, version: String?, build: BuildKind, locked: SourcesLock.Entry?
    ) async throws(OperationError) -> SourcesLock.Entry {
        let url = "\(api)/repos/acidanthera/\(component.rawValue)/releases/" + (version.map { "tags/\($0)" } ?? "latest")
        let text = try await downloader.text(url)
        guard let release = try? JSONDecoder().decode(GitHubRelease.self, from: Data(text.utf8)) else {
            throw OperationError("read", url, cause: "the answer is not a release of GitHub's API", exit: .unavailable)
        }
        // Both become a line of the lock, and the tag a file name.
        guard release.tag.wholeMatch(of: /[0-9A-Za-z][0-9A-Za-z.]*/) != nil,
            release.assets.allSatisfy({ !$0.url.contains(where: \.isWhitespace) })
        else {
            throw OperationError(
                "read", url, cause: "\(release.tag) is not the tag of a version, or an address has blanks", exit: .unavailable)
        }
        let name = component.asset(version: release.tag, build: build)
        guard let asset = release.assets.first(where: { $0.name == name }), asset.size > 0 else {
            throw OperationError("find", name, cause: "release \(release.tag) does not have it", exit: .unavailable)
        }
        guard asset.url.hasPrefix("https://") || !api.hasPrefix("https://") else {
            throw OperationError("download", asset.url, cause: "the address is not https", exit: .unavailable)
        }
        guard let digest = asset.sha256 ?? locked?.digest else {
            throw OperationError(
                "check", name, cause: "GitHub gives no digest for it, and \(lock) has none: the release is of before June 2025",
                remedy: "take a newer one, or fetch it, check it and give the file", exit: .unavailable)
        }
        let entry = SourcesLock.Entry(
            component: component, version: release.tag, build: build, size: asset.size, digest: digest, url: asset.url)
        if let locked, locked.digest != digest { throw SourcesLock.changed(entry, from: locked.digest, lock) }
        return entry
    }

    private func download(_ entry: SourcesLock.Entry, progress: StepProgress) async throws(OperationError) -> FilePath {
        let partial = cache.appending("partial").appending(entry.digest)
        try Draft.makeDirectory(partial.removingLastComponent())
        // Two that write one file would spoil it for each other.
        let turn = partial.removingLastComponent().appending(entry.digest + ".lock")
        return try await FileLock.holding(turn, waiting: { progress.note("another macos-virt fetches it") }) { () throws(OperationError) in
            defer { try? FileManager.default.removeItem(atPath: turn.string) }
            if let present = try await cached(entry) { return present }
            return try await fetch(entry, by: partial, progress: progress)
        }
    }

    private func fetch(_ entry: SourcesLock.Entry, by partial: FilePath, progress: StepProgress) async throws(OperationError) -> FilePath {
        try await downloader.fetch(entry.url, to: partial, size: entry.size, progress: progress)
        let digest = try await Digest.sha256(partial)
        guard digest == entry.digest else {
            // Nothing can be made of it, and the next attempt must not continue it.
            try? FileManager.default.removeItem(atPath: partial.string)
            throw OperationError(
                "check", entry.url, cause: "its SHA-256 is \(digest), GitHub says \(entry.digest)",
                remedy: "try again; if it stays so, somebody changed it on the way", exit: .dataError)
        }
        let path = place(entry)
        try Draft.makeDirectory(path.removingLastComponent())
        guard rename(partial.string, path.string) == 0 else {
            throw OperationError("write", path.string, cause: String(cString: strerror(errno)), exit: .cantCreate)
        }
        return path
    }

    private var downloader: Downloader { Downloader(allowsPlainHTTP: !api.hasPrefix("https://")) }
}
