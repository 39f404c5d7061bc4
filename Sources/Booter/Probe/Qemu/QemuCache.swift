import FoundationEssentials
import Glibc
import LinuxSupport
import QMP
import SystemPackage

/// QEMU's answers in a file, so that only the first start pays for the question.
struct QemuCache: Encodable, Equatable, Sendable {
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
        guard let text = try? root.text(path, limit: 1 << 20) else { return nil }
        return QemuCache(parsing: text)
    }

    /// Whether these are the answers of the binary at `path` as it is now.
    func describes(_ path: String, _ status: FileStatus) -> Bool {
        facts.path == path && size == status.size && (modified ?? status.modified) == status.modified
    }

    /// Whether the answers tell about all of these devices.
    func answers(_ devices: Set<String>) -> Bool { devices.subtracting(facts.asked ?? []).subtracting(facts.devices).isEmpty }

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

extension QemuCache {
    /// nil for what `store` would not have written.
    init?(parsing text: String) {
        var json = JSONText(text)
        var (version, size, modified): (Int?, Int?, Int?)
        var facts: QemuFacts?
        json.object { key, json in
            switch key {
            case "version": version = json.integer()
            case "size": size = json.integer()
            case "modified": modified = json.integer()
            case "facts": facts = QemuFacts(parsing: &json)
            default: json.fail()
            }
        }
        guard json.isWhole, version == Self.currentVersion, let size, let facts else { return nil }
        self.init(size: size, modified: modified, facts: facts)
    }
}

extension QemuFacts {
    fileprivate init?(parsing json: inout JSONText) {
        var path: String?
        var version: [Int]?
        var (machines, devices, asked, cpuModels): ([String]?, [String]?, [String]?, [String]?)
        var options: [String: [String]]?
        json.object { key, json in
            switch key {
            case "path": path = json.string()
            case "version": version = json.array { $0.integer() }
            case "machines": machines = json.array { $0.string() }
            case "devices": devices = json.array { $0.string() }
            case "asked": asked = json.array { $0.string() }
            case "cpuModels": cpuModels = json.array { $0.string() }
            case "options":
                var groups: [String: [String]] = [:]
                json.object { group, json in groups[group] = json.array { $0.string() } }
                options = groups
            default: json.fail()
            }
        }
        guard let path, let version, let machines, let devices, let cpuModels, let options else { return nil }
        self.init(path: path, version: version, machines: machines, devices: devices, asked: asked, cpuModels: cpuModels, options: options)
    }
}
