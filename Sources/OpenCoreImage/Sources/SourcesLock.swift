package import Diagnostics
import Foundation
import HostSupport
package import SystemPackage

/// sources.lock: which releases an image was made from, by content. One line each:
///
///     OpenCorePkg 1.0.6 RELEASE 7000000 <sha256> https://github.com/...
package struct SourcesLock: Equatable, Sendable {
    package struct Entry: Equatable, Sendable {
        package var component: Component
        package var version: String
        package var build: BuildKind
        /// Bytes.
        package var size: Int
        /// 64 lower-case hexadecimal digits.
        package var digest: String
        package var url: String

        package init(component: Component, version: String, build: BuildKind, size: Int, digest: String, url: String) {
            (self.component, self.version, self.build) = (component, version, build)
            (self.size, self.digest, self.url) = (size, digest, url)
        }
    }

    package private(set) var entries: [Entry] = []

    package init() {}

    private static let head = """
        # What mkopencore fetched, at first use: component, version, build, bytes, SHA-256, address.
        # A release that changes its content stops the build. A line that is removed is fetched and trusted anew.

        """

    /// Reads a lock; a file that does not exist is an empty one.
    /// - Throws: `noInput`, `dataError` for a line that is none.
    package init(reading path: FilePath) throws(OperationError) {
        guard FileManager.default.fileExists(atPath: path.string) else { return }
        let text: String
        do {
            text = try String(contentsOfFile: path.string, encoding: .utf8)
        } catch {
            throw OperationError("read", path.string, cause: error.localizedDescription, exit: .noInput)
        }
        // Also of a checkout with CR and LF, which are one character: else all of it would be a comment, and lock nothing.
        for (number, line) in text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).enumerated() {
            if line.isEmpty || line.hasPrefix("#") { continue }
            guard let entry = Self.entry(line) else {
                throw OperationError(
                    "read", "\(path):\(number + 1)", cause: "it is not component, version, build, bytes, SHA-256 and address",
                    remedy: "restore the line, or remove it to trust the next download", exit: .dataError)
            }
            entries.append(entry)
        }
    }

    private static func entry(_ line: Substring) -> Entry? {
        let fields = line.split(separator: " ").map(String.init)
        guard fields.count == 6, let component = Component(rawValue: fields[0]), let build = BuildKind(rawValue: fields[2]),
            let size = Int(fields[3]), size > 0, fields[4].count == 64, fields[4].allSatisfy({ $0.isHexDigit && !$0.isUppercase })
        else { return nil }
        return Entry(component: component, version: fields[1], build: build, size: size, digest: fields[4], url: fields[5])
    }

    /// The release of a version, or the newest that is known.
    package func entry(_ component: Component, version: String?, build: BuildKind) -> Entry? {
        entries.filter { $0.component == component && $0.build == build && (version == nil || $0.version == version) }
            .max { $0.version.compare($1.version, options: .numeric) == .orderedAscending }
    }

    /// Adds a release, or does nothing when it is there already.
    package mutating func add(_ entry: Entry) {
        if !entries.contains(entry) { entries.append(entry) }
    }

    static func changed(_ entry: Entry, from digest: String, _ path: FilePath) -> OperationError {
        OperationError(
            "check", entry.component.asset(version: entry.version, build: entry.build),
            cause: "its SHA-256 was \(digest), and GitHub now says \(entry.digest)",
            remedy: "find out why the release changed; to trust it, remove its line from \(path)", exit: .dataError)
    }

    var text: String {
        let lines = entries.map { "\($0.component.rawValue) \($0.version) \($0.build.rawValue) \($0.size) \($0.digest) \($0.url)\n" }
        return Self.head + lines.sorted().joined()
    }

    /// Adds a release to a file. What others add at the same time stays.
    /// - Throws: as `init(reading:)`; `dataError` when somebody locked another content of it meanwhile; `cantCreate`.
    static func add(_ entry: Entry, to path: FilePath) async throws(OperationError) {
        let directory = path.removingLastComponent()
        if !directory.isEmpty { try Draft.makeDirectory(directory) }
        try await FileLock.holding(path) { () throws(OperationError) in
            var lock = try SourcesLock(reading: path)
            if let other = lock.entry(entry.component, version: entry.version, build: entry.build), other.digest != entry.digest {
                throw changed(entry, from: other.digest, path)
            }
            lock.add(entry)
            try await lock.write(to: path)
        }
    }

    /// - Throws: `cantCreate`.
    package func write(to path: FilePath) async throws(OperationError) {
        try await Draft.with(in: path.removingLastComponent().isEmpty ? "." : path.removingLastComponent()) {
            (draft) throws(OperationError) in
            try OutputFile.write(Data(text.utf8), to: draft.path("lock"))
            try draft.publish("lock", as: path)
        }
    }
}
