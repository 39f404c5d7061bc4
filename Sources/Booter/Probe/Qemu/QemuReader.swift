import Diagnostics
import LinuxSupport
import SystemPackage

/// What the QEMU binary says of itself over QMP.
struct QemuFacts: Codable, Equatable, Sendable {
    var path: String
    /// 7.2.22 is [7, 2, 22].
    var version: [Int]
    /// Machine type names, aliases included.
    var machines: [String]
    /// Names for -device: of `asked`, those that it has.
    var devices: [String]
    /// The devices that it was asked for; nil in files of earlier versions.
    var asked: [String]?
    var cpuModels: [String]
    /// Options that this build has, by option group: "run-with": ["chroot", "user"]; "aio" holds the values of a drive's `aio`.
    var options: [String: [String]]
    /// True when this process asked, so that no cache has it yet.
    var isNew: Bool?

    /// Whether it said that it does not have this device.
    func lacks(_ device: String) -> Bool { !devices.contains(device) && asked?.contains(device) ?? true }

    var versionText: String { version.map(String.init).joined(separator: ".") }
    func isAtLeast(_ major: Int, _ minor: Int) -> Bool {
        let have = (version.first ?? 0, version.dropFirst().first ?? 0)
        return have.0 > major || (have.0 == major && have.1 >= minor)
    }
}

/// What QEMU is there and what it can do: from the caches, or by asking it.
struct QemuReader {
    let root: FileRoot
    /// qemu.binary of the configuration.
    let binary: String?
    /// state.run of the configuration.
    let run: String
    /// The devices that the plan may need, by QEMU's names.
    let devices: Set<String>

    /// How long QEMU may take to answer: seconds of disk time when its libraries are cold, on a slow host.
    static let deadline = Duration.seconds(20)

    /// nil when there is no QEMU, and on a saved machine without its answers.
    /// - Throws: when QEMU cannot be started or does not answer.
    func facts() throws(OperationError) -> QemuFacts? {
        let caches = [QemuCache.baked, QemuCache.path(run: run)]
        // A saved machine's binary must not be run, and copying it changed its times.
        guard root.isLive else { return caches.lazy.compactMap { QemuCache.load(root, $0) }.first?.facts }
        guard let path = try QemuBinary(root: root, configured: binary).find(), let status = FileStatus(root, path) else { return nil }
        for file in caches {
            if let cache = QemuCache.load(root, file), cache.describes(path, status), cache.answers(devices) { return cache.facts }
        }
        var facts = try QemuQuery(path: path, devices: devices).ask(within: Self.deadline)
        facts.isNew = true
        return facts
    }

    /// Keeps new answers for the next start. `boot run` calls it, `probe` and `plan` do not.
    /// - Throws: when the file cannot be written; the start can go on without it.
    func remember(_ facts: QemuFacts) throws(OperationError) {
        guard facts.isNew == true, let status = FileStatus(root, facts.path) else { return }
        try write(facts, size: status.size, modified: status.modified, to: QemuCache.path(run: run))
    }

    /// Asks QEMU and writes its answers for an image, as `QemuCache.baked`: without times, which builders of images reset.
    /// - Throws: when there is no QEMU, when it does not answer, and when the file cannot be written.
    func bake(to file: String) throws(OperationError) {
        guard let path = try QemuBinary(root: root, configured: binary).find(), let status = FileStatus(root, path) else {
            throw OperationError(
                "ask QEMU", "qemu-system-x86_64", cause: "it was not found", remedy: "install qemu-system-x86, or set qemu.binary",
                exit: ExitStatus.osFile)
        }
        try write(
            try QemuQuery(path: path, devices: devices, root: root).ask(within: Self.deadline), size: status.size, modified: nil, to: file)
    }

    private func write(_ facts: QemuFacts, size: Int, modified: Int?, to file: String) throws(OperationError) {
        var facts = facts
        facts.isNew = nil
        do {
            try QemuCache(size: size, modified: modified, facts: facts).store(root, file)
        } catch {
            throw OperationError("write", file, cause: error.description, exit: ExitStatus.cantCreate)
        }
    }
}
