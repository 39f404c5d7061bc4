package import Diagnostics
import Foundation
import HostSupport
package import SystemPackage

/// A text file that pins what was fetched, by content. One line each: what it is in one or more words, bytes, SHA-256, URL.
///
///     Lilu 1.7.1 RELEASE 7000000 <sha256> https://github.com/...
package struct DownloadLock: Equatable, Sendable {
    package struct Entry: Equatable, Sendable {
        /// What was fetched, whatever it is called on the server: "Lilu 1.7.1 RELEASE".
        package var key: String
        /// Bytes.
        package var size: Int
        /// SHA-256: 64 lower-case hexadecimal digits.
        package var digest: String
        package var url: String

        package init(key: String, size: Int, digest: String, url: String) {
            (self.key, self.size, self.digest, self.url) = (key, size, digest, url)
        }

        fileprivate init?(line: Substring) {
            let fields = line.split(separator: " ").map(String.init)
            guard fields.count >= 4, let size = Int(fields[fields.count - 3]), size > 0, Download.isDigest(fields[fields.count - 2]),
                let url = fields.last
            else { return nil }
            self.init(key: fields.dropLast(3).joined(separator: " "), size: size, digest: fields[fields.count - 2], url: url)
        }
    }

    package private(set) var entries: [Entry] = []

    package init() {}

    private static let head = """
        # What was fetched, at first use: name, version and kind, bytes, SHA-256, URL.
        # A download whose content has changed stops the build. If you remove a line, the next download is trusted again.

        """

    /// Reads a lock file; one that does not exist is empty.
    /// - Parameter isKey: which keys the reader understands.
    /// - Throws: `noInput`, `dataError` for a malformed line.
    package init(reading path: FilePath, isKey: (String) -> Bool = { _ in true }) throws(OperationError) {
        guard FileManager.default.fileExists(atPath: path.string) else { return }
        let text = String(decoding: try InputFile.read(path), as: UTF8.self)
        // CR and LF together are one Character: a checkout with such line ends must not turn into one long comment.
        for (number, line) in text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).enumerated() {
            if line.isEmpty || line.hasPrefix("#") { continue }
            guard let entry = Entry(line: line), isKey(entry.key) else {
                throw OperationError(
                    "read", "\(path):\(number + 1)", cause: "the line does not have the form NAME BYTES SHA256 URL",
                    remedy: "restore the line, or remove it to trust the next download", exit: .dataError)
            }
            entries.append(entry)
        }
    }

    package func entry(_ key: String) -> Entry? { entries.first { $0.key == key } }

    /// Adds an entry, or does nothing when it is there already.
    package mutating func add(_ entry: Entry) {
        if !entries.contains(entry) { entries.append(entry) }
    }

    /// Why an entry cannot be replaced by another of the same key.
    package static func changed(_ entry: Entry, from digest: String, _ path: FilePath) -> OperationError {
        OperationError(
            "check", entry.key, cause: "its SHA-256 was \(digest), and the server now says \(entry.digest)",
            remedy: "find out why it changed; to trust it, remove its line from \(path)", exit: .dataError)
    }

    package var text: String {
        Self.head + entries.map { "\($0.key) \($0.size) \($0.digest) \($0.url)\n" }.sorted().joined()
    }

    /// Adds an entry to a file. Entries that other processes add at the same time are kept.
    /// - Throws: as `init(reading:)`; `dataError` when another process has added the key with other content; `cantCreate`.
    package static func add(_ entry: Entry, to path: FilePath) async throws(OperationError) {
        try DraftFile.makeDirectory(Destination.directory(of: path))
        try await FileLock.holding(path) { () throws(OperationError) in
            var lock = try DownloadLock(reading: path)
            if let other = lock.entry(entry.key), other.digest != entry.digest { throw changed(entry, from: other.digest, path) }
            lock.add(entry)
            try await lock.write(to: path)
        }
    }

    /// - Throws: `cantCreate`.
    package func write(to path: FilePath) async throws(OperationError) {
        try await Draft.with(in: Destination.directory(of: path)) { (draft) throws(OperationError) in
            try DraftFile.write(Data(text.utf8), to: draft.path("lock"))
            try draft.publish("lock", as: path)
        }
    }
}
