package import Diagnostics
import Foundation
import Glibc
package import HostSupport
package import SystemPackage

/// Files that were fetched once, stored by their content.
///
/// `sha256/DIGEST/NAME` is a whole file, `partial/DIGEST` one that is being fetched, and `partial/DIGEST.lock` is locked meanwhile.
package struct ContentStore: Sendable {
    package var directory: FilePath

    package init(_ directory: FilePath) { self.directory = directory }

    /// Where the store keeps a file.
    package func path(_ download: Download) -> FilePath {
        directory.appending("sha256").appending(download.digest).appending(download.name)
    }

    /// The stored file; nil when there is none, or its content has changed since.
    package func stored(_ download: Download) async throws(OperationError) -> FilePath? {
        let path = path(download)
        guard FileManager.default.fileExists(atPath: path.string) else { return nil }
        if try await Digest.sha256(path) == download.digest { return path }
        try? FileManager.default.removeItem(atPath: path.string)
        return nil
    }

    /// The stored file, which is fetched unless it is there.
    ///
    /// Of several processes that want the same file, one fetches it.
    /// - Throws: `unavailable`; `dataError` when the content has another digest; `cantCreate`.
    package func obtain(
        _ download: Download, by downloader: Downloader, progress: StepProgress
    ) async throws(OperationError) -> FilePath {
        let partial = directory.appending("partial").appending(download.digest)
        try DraftFile.makeDirectory(partial.removingLastComponent())
        let turn = partial.removingLastComponent().appending(download.digest + ".lock")
        return try await FileLock.holding(turn, waiting: { progress.note("another macos-virt is fetching it") }) {
            () throws(OperationError) in
            defer { try? FileManager.default.removeItem(atPath: turn.string) }
            if let present = try await stored(download) { return present }
            return try await fetch(download, by: downloader, partial, progress)
        }
    }

    private func fetch(
        _ download: Download, by downloader: Downloader, _ partial: FilePath, _ progress: StepProgress
    ) async throws(OperationError) -> FilePath {
        try Destination.check(partial)
        try await downloader.fetch(download.url, to: partial, size: download.size, progress: progress)
        let digest = try await Digest.sha256(partial)
        guard digest == download.digest else {
            // It is useless, and the next attempt must not continue it.
            try? FileManager.default.removeItem(atPath: partial.string)
            throw OperationError(
                "check", download.url, cause: "its SHA-256 is \(digest), expected \(download.digest)",
                remedy: "try again; if it happens again, find out who changed the file, on the server or on the way", exit: .dataError)
        }
        let path = path(download)
        try DraftFile.makeDirectory(path.removingLastComponent())
        guard rename(partial.string, path.string) == 0 else {
            throw OperationError("write", path.string, cause: Errno(rawValue: errno).description, exit: .cantCreate)
        }
        return path
    }
}
