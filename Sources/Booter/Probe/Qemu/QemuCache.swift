import FoundationEssentials
import Glibc
import LinuxSupport
import SystemPackage

/// QEMU's answers in a file, so that only the first start pays for the question.
struct QemuCache: Codable, Equatable, Sendable {
    /// Raised when `QemuAnswers` keeps something else.
    static let currentVersion = 1

    var version = QemuCache.currentVersion
    /// Size of the binary that answered, bytes.
    var size: Int
    /// When that binary was last modified, in seconds since 1970; nil in an image, whose builders like to reset times.
    var modified: Int?
    var facts: QemuFacts

    /// Baked into an image beside the QEMU that it describes.
    static let baked = "/usr/share/macos-virt/qemu.json"
    /// Written below `state.run`, which a reboot empties.
    static func path(run: String) -> String { run + "/qemu.json" }

    /// nil for another version's file, a damaged one, or none.
    static func load(_ root: FileRoot, _ path: String) -> QemuCache? {
        guard let text = try? root.text(path, limit: 1 << 20), let cache = try? JSONDecoder().decode(QemuCache.self, from: Data(text.utf8)),
            cache.version == currentVersion
        else { return nil }
        return cache
    }

    /// Whether these are the answers of the binary at `path` as it is now.
    func describes(_ path: String, _ status: FileStatus) -> Bool {
        facts.path == path && size == status.size && (modified ?? status.modified) == status.modified
    }

    /// Writes the file whole or not at all: a reader never sees half of it.
    /// - Throws: the `Errno` of creating, writing or renaming it.
    func store(_ root: FileRoot, _ path: String) throws(Errno) {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        guard let data = try? encoder.encode(self) else { throw .invalidArgument }
        let temporary = root.resolve(path + ".new")
        do {
            let file = try OwnedDescriptor(
                opening: temporary, .writeOnly, options: [.create, .truncate, .noFollow],
                permissions: [.ownerReadWrite, .groupRead, .otherRead])
            try file.descriptor.writeAll(data)
        } catch {
            throw error as? Errno ?? .ioError
        }
        let result = temporary.withPlatformString { from in root.resolve(path).withPlatformString { rename(from, $0) } }
        if result != 0 { throw Errno(rawValue: errno) }
    }
}
