import Foundation
import Glibc
public import HostSupport
public import SystemPackage

/// Releases that are fetched once and kept by their content.
public struct ReleaseStore: Sendable {
    /// Holds sha256/DIGEST/NAME, and partial/DIGEST while it arrives.
    public var cache: FilePath
    public var lock: FilePath
    public var isOffline: Bool
    /// Of GitHub's API, without a slash at the end.
    public var api: String

    public static let gitHub = "https://api.github.com"

    public init(cache: FilePath, lock: FilePath, isOffline: Bool = false, api: String = gitHub) {
        (self.cache, self.lock, self.isOffline, self.api) = (cache, lock, isOffline, api)
    }

    /// The ZIP of a release.
    ///
    /// What the lock names is taken, and from the cache without asking anybody. Anything else is asked of GitHub, whose digest
    /// must be that of the lock, where there is one, and of what arrives.
    /// - Parameter version: nil for the newest in the lock, or else the newest there is.
    /// - Throws: `unavailable`, `data` for a digest that differs.
    public func obtain(
        _ component: Component, version: String?, build: BuildKind, progress: StepProgress
    ) async throws(HostError) -> FilePath {
        let locked = try SourcesLock(reading: lock).entry(component, version: version, build: build)
        if let locked, let cached = try await cached(locked) { return cached }
        let wanted = [component.rawValue, version ?? locked?.version, build.rawValue].compactMap { $0 }.joined(separator: " ")
        if isOffline {
            throw HostError(
                "find", wanted, cause: locked == nil ? "it is not in \(lock)" : "it is not in \(cache)",
                remedy: "run once without --offline, or give the file", exit: .unavailable)
        }
        let entry = try await ask(component, version: version ?? locked?.version, build: build, locked: locked)
        let file = try await download(entry, progress: progress)
        var updated = try SourcesLock(reading: lock)
        updated.add(file.entry)
        try await updated.write(to: lock)
        return file.path
    }

    private func place(_ entry: SourcesLock.Entry) -> FilePath {
        cache.appending("sha256").appending(entry.digest).appending(entry.component.asset(version: entry.version, build: entry.build))
    }

    private func cached(_ entry: SourcesLock.Entry) async throws(HostError) -> FilePath? {
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
    ) async throws(HostError) -> SourcesLock.Entry {
        let url = "\(api)/repos/acidanthera/\(component.rawValue)/releases/" + (version.map { "tags/\($0)" } ?? "latest")
        let text = try await downloader.text(url)
        guard let release = try? JSONDecoder().decode(GitHubRelease.self, from: Data(text.utf8)) else {
            throw HostError("read", url, cause: "the answer is not a release of GitHub's API", exit: .unavailable)
        }
        // Both become a line of the lock, and the tag a file name.
        guard release.tag.wholeMatch(of: /[0-9A-Za-z][0-9A-Za-z.]*/) != nil,
            release.assets.allSatisfy({ !$0.url.contains(where: \.isWhitespace) })
        else {
            throw HostError("read", url, cause: "\(release.tag) is not the tag of a version, or an address has blanks", exit: .unavailable)
        }
        let name = component.asset(version: release.tag, build: build)
        guard let asset = release.assets.first(where: { $0.name == name }), asset.size > 0 else {
            throw HostError("find", name, cause: "release \(release.tag) does not have it", exit: .unavailable)
        }
        guard asset.url.hasPrefix("https://") || !api.hasPrefix("https://") else {
            throw HostError("download", asset.url, cause: "the address is not https", exit: .unavailable)
        }
        if let locked, let digest = asset.sha256, digest != locked.digest {
            throw Self.changed(name, from: locked.digest, to: digest, lock)
        }
        guard let digest = asset.sha256 ?? locked?.digest else {
            throw HostError(
                "check", name, cause: "GitHub gives no digest for it, and \(lock) has none: the release is of before June 2025",
                remedy: "take a newer one, or fetch it, check it and give the file", exit: .unavailable)
        }
        return SourcesLock.Entry(
            component: component, version: release.tag, build: build, size: asset.size, digest: digest, url: asset.url)
    }

    private func download(
        _ entry: SourcesLock.Entry, progress: StepProgress
    ) async throws(HostError) -> (path: FilePath, entry: SourcesLock.Entry) {
        let partial = cache.appending("partial").appending(entry.digest)
        try Draft.makeDirectory(partial.removingLastComponent())
        try await downloader.fetch(entry.url, to: partial, size: entry.size, progress: progress)
        let digest = try await Digest.sha256(partial)
        guard digest == entry.digest else {
            // Nothing can be made of it, and the next attempt must not continue it.
            try? FileManager.default.removeItem(atPath: partial.string)
            throw HostError(
                "check", entry.url, cause: "its SHA-256 is \(digest), GitHub says \(entry.digest)",
                remedy: "try again; if it stays so, somebody changed it on the way", exit: .data)
        }
        let path = place(entry)
        try Draft.makeDirectory(path.removingLastComponent())
        guard rename(partial.string, path.string) == 0 else {
            throw HostError("write", path.string, cause: String(cString: strerror(errno)), exit: .cantCreate)
        }
        return (path, entry)
    }

    private var downloader: Downloader { Downloader(allowsPlainHTTP: !api.hasPrefix("https://")) }

    private static func changed(_ name: String, from old: String, to new: String, _ lock: FilePath) -> HostError {
        HostError(
            "check", name, cause: "its SHA-256 was \(old), and GitHub now says \(new)",
            remedy: "find out why the release changed; to trust it, remove its line from \(lock)", exit: .data)
    }
}
