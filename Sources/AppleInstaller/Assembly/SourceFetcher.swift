package import Diagnostics
package import Downloads
import Foundation
package import HostSupport
package import SystemPackage

/// Fetches the files of an installer. Each is checked against everything that is known about it before it is fetched.
package struct SourceFetcher: Sendable {
    private let environment: InstallerEnvironment
    private let sources: SourceFiles
    /// What was fetched before, by content.
    private let lock: DownloadLock
    private let progress: StepProgress

    package init(_ environment: InstallerEnvironment, _ sources: SourceFiles, lock: DownloadLock, progress: StepProgress) {
        (self.environment, self.sources, self.lock, self.progress) = (environment, sources, lock, progress)
    }

    /// A file in the cache.
    package struct Fetched: Equatable, Sendable {
        package let path: FilePath
        package let manifest: InstallerManifest.Source
        /// What the lock file remembers.
        package let entries: [DownloadLock.Entry]
    }

    /// - Parameter chunklist: signed, of a file that has one.
    /// - Throws: `unavailable`; `dataError` for what is not as announced; `cantCreate`, `interrupted`.
    package func fetch(_ file: SourceFiles.File, chunklist: Chunklist? = nil) async throws(OperationError) -> Fetched {
        if let chunklist { return try await fetch(file, chunklist, [], "the chunklist's signature by Apple's key") }
        if let integrityURL = file.integrityURL {
            let (list, entry) = try await integrity(file, integrityURL)
            return try await fetch(file, list, [entry], "the digest of the list of pieces, from Apple's server over https")
        }
        let key = sources.key(file.name)
        let content = lock.entry(key).map { Download.Content.sha256($0.digest) } ?? .unknown
        let download = Download(name: file.name, url: try environment.servers.url(file.url), size: file.size, content: content)
        let path = try await environment.store.obtain(download, by: environment.downloader, progress: progress)
        let digest = try await HostSupport.Digest.sha256(path)
        let check = content == .unknown ? "its size, from Apple's server over https" : "the SHA-256 in the lock file"
        return Fetched(
            path: path,
            manifest: .init(name: file.name, url: file.url, size: file.size, sha256: digest, checks: [check]),
            entries: [.init(key: key, size: file.size, digest: digest, url: file.url)])
    }

    private func fetch(
        _ file: SourceFiles.File, _ list: Chunklist, _ entries: [DownloadLock.Entry], _ trust: String
    ) async throws(OperationError) -> Fetched {
        let key = sources.key(file.name)
        let entry = DownloadLock.Entry(key: key, size: file.size, digest: list.pieces.digest, url: file.url)
        if let locked = lock.entry(key), locked.digest != entry.digest { throw Self.changed(entry, locked) }
        let download = Download(
            name: file.name, url: try environment.servers.url(file.url), size: file.size, content: .pieces(list.pieces))
        let path = try await environment.store.obtain(download, by: environment.downloader, progress: progress)
        return Fetched(
            path: path,
            manifest: .init(
                name: file.name, url: file.url, size: file.size, sha256OfPieces: list.pieces.digest,
                checks: ["the SHA-256 of its \(list.pieces.pieces.count) pieces", trust]),
            entries: entries + [entry])
    }

    private func integrity(_ file: SourceFiles.File, _ url: String) async throws(OperationError) -> (Chunklist, DownloadLock.Entry) {
        let name = file.name + SourceFiles.integritySuffix
        let key = sources.key(name)
        let address = try environment.servers.url(url)
        let data: Data
        if let locked = lock.entry(key) {
            let download = Download(name: name, url: address, size: locked.size, digest: locked.digest)
            data = try InputFile.read(
                try await environment.store.obtain(download, by: environment.downloader, progress: progress), limit: Chunklist.limit)
        } else {
            data = try await environment.downloader.data(address, limit: Chunklist.limit)
            // So that the lock file alone is enough the next time.
            try environment.store.keep(data, name: name)
        }
        let list = try Chunklist(data, name: name, keys: environment.anchors.chunklistKeys, required: .digest)
        return (list, DownloadLock.Entry(key: key, size: data.count, digest: data.sha256, url: url))
    }

    private static func changed(_ entry: DownloadLock.Entry, _ locked: DownloadLock.Entry) -> OperationError {
        OperationError(
            "check", entry.key, cause: "its content was \(locked.digest) in the lock file, and the server now says \(entry.digest)",
            remedy: "find out why it changed; to trust it, remove its lines from the lock file", exit: .dataError)
    }
}
