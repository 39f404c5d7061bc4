package import Diagnostics
package import Foundation
import Glibc
package import HostSupport
package import SystemPackage

/// Files that were fetched once, stored by their content.
///
/// `sha256/DIGEST/NAME` is a whole file, `pieces/DIGEST/NAME` one that is known by the digest of its list of pieces. `index/KEY` has the
/// digest of a file of which only URL and size are known. `partial/KEY` is being fetched, and `partial/KEY.lock` is locked meanwhile.
package struct ContentStore: Sendable {
    package var directory: FilePath

    package init(_ directory: FilePath) { self.directory = directory }

    /// Where the store keeps a file; nil when its content was never seen.
    package func path(_ download: Download) -> FilePath? {
        switch download.content {
        case .sha256(let digest): path(digest, download.name)
        case .pieces(let list): directory.appending("pieces").appending(list.digest).appending(download.name)
        case .unknown: indexed(download).map { path($0, download.name) }
        }
    }

    private func path(_ digest: String, _ name: String) -> FilePath {
        directory.appending("sha256").appending(digest).appending(name)
    }

    private func index(_ download: Download) -> FilePath { directory.appending("index").appending(download.key) }

    private func indexed(_ download: Download) -> String? {
        let text = InputFile.contents(index(download), limit: 65).map { String(decoding: $0.prefix(64), as: UTF8.self) }
        return text.flatMap { Download.isDigest($0) ? $0 : nil }
    }

    /// The stored file; nil when there is none, or its content has changed since.
    package func stored(_ download: Download) async throws(OperationError) -> FilePath? {
        guard Download.isName(download.name), let path = path(download), FileManager.default.fileExists(atPath: path.string) else {
            return nil
        }
        if try await isRight(path, download) { return path }
        try? FileManager.default.removeItem(atPath: path.string)
        return nil
    }

    private func isRight(_ path: FilePath, _ download: Download) async throws(OperationError) -> Bool {
        switch download.content {
        case .sha256(let digest): return try await Digest.sha256(path) == digest
        case .unknown: return try await Digest.sha256(path) == indexed(download)
        case .pieces(let list):
            let size = (try? FileManager.default.attributesOfItem(atPath: path.string))?[.size] as? Int
            guard size == list.size else { return false }
            return try await PieceCheck.differing(list, in: path).isEmpty
        }
    }

    /// The stored file, which is fetched unless it is there.
    ///
    /// Of several processes that want the same file, one fetches it.
    /// - Throws: `unavailable`; `dataError` when the content has another digest; `cantCreate`.
    package func obtain(
        _ download: Download, by downloader: Downloader, progress: StepProgress
    ) async throws(OperationError) -> FilePath {
        guard Download.isName(download.name) else {
            throw OperationError(
                "download", download.url.printable, cause: "\(download.name.printable) is not a file name", exit: .dataError)
        }
        let partial = directory.appending("partial").appending(download.key)
        try DraftFile.makeDirectory(partial.removingLastComponent())
        let turn = partial.removingLastComponent().appending(download.key + ".lock")
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
        try await downloader.fetch(download, to: partial, progress: progress)
        let path = try await place(download, partial)
        try DraftFile.makeDirectory(path.removingLastComponent())
        guard rename(partial.string, path.string) == 0 else {
            throw OperationError("write", path.string, cause: Errno(rawValue: errno).description, exit: .cantCreate)
        }
        return path
    }

    /// Checks what was fetched, and tells where it belongs.
    private func place(_ download: Download, _ partial: FilePath) async throws(OperationError) -> FilePath {
        switch download.content {
        // Its pieces were checked as they came.
        case .pieces(let list): return directory.appending("pieces").appending(list.digest).appending(download.name)
        case .unknown:
            let digest = try await Digest.sha256(partial)
            try DraftFile.makeDirectory(directory.appending("index"))
            try await Draft.with(in: directory.appending("index")) { (draft) throws(OperationError) in
                try DraftFile.write(Data((digest + "\n").utf8), to: draft.path("digest"))
                try draft.publish("digest", as: index(download))
            }
            return path(digest, download.name)
        case .sha256(let expected):
            let digest = try await Digest.sha256(partial)
            if digest == expected { return path(digest, download.name) }
            // It is useless, and the next attempt must not continue it.
            try? FileManager.default.removeItem(atPath: partial.string)
            throw OperationError(
                "check", download.url, cause: "its SHA-256 is \(digest), expected \(expected)",
                remedy: "try again; if it happens again, find out who changed the file, on the server or on the way", exit: .dataError)
        }
    }
}

extension ContentStore {
    /// Stores bytes that were fetched in another way.
    /// - Throws: `cantCreate`.
    package func keep(_ data: Data, name: String) throws(OperationError) {
        let path = directory.appending("sha256").appending(data.sha256).appending(name)
        try DraftFile.makeDirectory(path.removingLastComponent())
        if FileManager.default.fileExists(atPath: path.string) { return }
        do {
            try data.write(to: URL(filePath: path.string), options: .atomic)
        } catch {
            throw OperationError("write", path.string, cause: error.localizedDescription, exit: .cantCreate)
        }
    }
}
