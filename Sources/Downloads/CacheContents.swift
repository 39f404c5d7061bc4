package import Diagnostics
package import Foundation
import Glibc
import HostSupport
package import SystemPackage

/// What the cache of all verbs holds.
package struct CacheContents: Equatable, Sendable {
    package enum Kind: String, Codable, Sendable {
        /// A verified file, stored by its content.
        case file
        /// A download that broke off.
        case partial
        /// A list of what a server offers.
        case list
        /// Debian packages of `mklinux`.
        case packages
    }

    package struct Item: Equatable, Codable, Sendable {
        package var kind: Kind
        package var name: String
        /// What it takes on the disk, in bytes.
        package var size: Int
        /// When it was last written or read, as far as the file system notes that.
        package var used: Date
        /// Below the cache directory.
        package var path: String
    }

    package let directory: FilePath
    /// The largest first.
    package let items: [Item]

    package init(of directory: FilePath) {
        self.directory = directory
        var items: [Item] = []
        for store in ["sha256", "pieces"] {
            for digest in Self.names(in: directory.appending(store)) {
                for name in Self.names(in: directory.appending(store).appending(digest)) {
                    items.append(Self.item(.file, name, directory, "\(store)/\(digest)/\(name)"))
                }
            }
        }
        for name in Self.names(in: directory.appending("partial")) where !name.hasSuffix(".lock") {
            items.append(Self.item(.partial, String(name.prefix(12)), directory, "partial/\(name)"))
        }
        for name in Self.names(in: directory.appending("lists")) where !name.hasSuffix(".lock") && !name.hasSuffix(".etag") {
            items.append(Self.item(.list, String(name.prefix(12)), directory, "lists/\(name)"))
        }
        for name in Self.names(in: directory) where name.hasPrefix("debian-") { items.append(Self.item(.packages, name, directory, name)) }
        self.items = items.sorted { ($0.size, $1.path) > ($1.size, $0.path) }
    }

    /// Removes items, except for downloads that go on right now.
    /// - Returns: what was removed.
    /// - Throws: `cantCreate`.
    package func remove(_ chosen: [Item]) throws(OperationError) -> [Item] {
        var removed: [Item] = []
        for item in chosen {
            let path = directory.appending(item.path)
            if item.kind == .partial, Self.isLocked(FilePath(path.string + ".lock")) { continue }
            do {
                try FileManager.default.removeItem(atPath: path.string)
            } catch {
                throw OperationError("remove", path.string, cause: error.localizedDescription, exit: .cantCreate)
            }
            for more in [".etag", ".lock"] { unlink(path.string + more) }
            // The directory that is named after the digest.
            if item.kind == .file { rmdir(path.removingLastComponent().string) }
            removed.append(item)
        }
        return removed
    }

    /// Whether a process holds the lock of a download; see `ContentStore.obtain`.
    private static func isLocked(_ path: FilePath) -> Bool {
        let descriptor = open(path.string, O_RDWR | O_NOFOLLOW | O_CLOEXEC)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        return flock(descriptor, LOCK_EX | LOCK_NB) != 0
    }

    private static func names(in directory: FilePath) -> [String] {
        ((try? FileManager.default.contentsOfDirectory(atPath: directory.string)) ?? []).filter { !$0.hasPrefix(".") }.sorted()
    }

    private static func item(_ kind: Kind, _ name: String, _ directory: FilePath, _ path: String) -> Item {
        var (size, used) = (0, Date.distantPast)
        let root = directory.appending(path)
        let below = (FileManager.default.enumerator(atPath: root.string)?.compactMap { $0 as? String } ?? []).map { root.appending($0) }
        for path in [root] + below {
            var status = stat()
            guard lstat(path.string, &status) == 0 else { continue }
            size += Int(status.st_blocks) * 512
            used = max(used, Date(timeIntervalSince1970: Double(max(status.st_mtim.tv_sec, status.st_atim.tv_sec))))
        }
        return Item(kind: kind, name: name, size: size, used: used, path: path)
    }
}
