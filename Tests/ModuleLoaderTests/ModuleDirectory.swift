import FoundationEssentials
import SystemPackage

/// A module directory of its own for each test: modules that are not modules, with true indexes.
///
/// The dependencies are those of Debian's kernel 6.1; the invented modules carry a prefix, so that no machine has them loaded.
final class ModuleDirectory {
    let root: URL
    let release = "6.1.0-test"

    var directory: URL { root.appending(path: "lib/modules").appending(path: release) }
    var path: FilePath { FilePath(directory.path) }
    /// A configuration that is empty unless `configure` is called.
    var configuration: FilePath { FilePath(root.appending(path: "modprobe.d").path) }

    static let files: [String: [String]] = [
        "mvt_irqbypass": [], "mvt_kvm": ["mvt_irqbypass"], "mvt_kvm_intel": ["mvt_kvm", "mvt_irqbypass"],
        "mvt_tap": [], "mvt_iotlb": [], "mvt_vhost": ["mvt_iotlb"], "mvt_vhost_net": ["mvt_tap", "mvt_vhost", "mvt_iotlb"],
        "mvt_crc32c": ["mvt_cryptomgr"], "mvt_cryptomgr": [], "mvt_nf_tables": ["mvt_libcrc32c"], "mvt_libcrc32c": [],
        "mvt_wanted": [], "mvt_wants": ["mvt_wanted"], "mvt_needs_wanted": ["mvt_wanted"],
        "mvt_circle_a": [], "mvt_circle_b": [],
    ]

    init() throws {
        root = FileManager.default.temporaryDirectory.appending(path: "modules-\(UUID().uuidString)")
        let directory = self.directory
        try FileManager.default.createDirectory(at: directory.appending(path: "kernel"), withIntermediateDirectories: true)
        try FileManager.default.createDirectory(at: root.appending(path: "modprobe.d"), withIntermediateDirectories: true)
        let file = { (name: String) in "kernel/" + name.replacing("_", with: "-") + ".ko" }
        var dependencies: [String: [String]] = [:]
        for (name, needs) in Self.files {
            // A key's value is its line of modules.dep.
            dependencies[name] = [([file(name) + ":"] + needs.map(file)).joined(separator: " ")]
            try Data("not a module".utf8).write(to: directory.appending(path: file(name)))
        }
        try write(dependencies, "modules.dep.bin")
        try write(["mvt:v00001AF4d*": ["mvt_vhost_net"], "mvt_family_?": ["mvt_tap", "mvt_vhost"]], "modules.alias.bin")
        try write([:], "modules.symbols.bin")
        try write(["mvt_ext4": [""], "mvt_af_packet": [""]], "modules.builtin.bin")
        try write(["mvt_fs_ext4": ["mvt_ext4"]], "modules.builtin.alias.bin")
        let soft = """
            softdep mvt_libcrc32c pre: mvt_crc32c
            softdep mvt_tap pre: mvt_nowhere post: mvt_iotlb
            softdep mvt_wanted pre: mvt_wants
            softdep mvt_circle_a pre: mvt_circle_b
            softdep mvt_circle_b pre: mvt_circle_a

            """
        try Data(soft.utf8).write(to: directory.appending(path: "modules.softdep"))
    }

    /// Writes a file of modprobe.d.
    func configure(_ text: String) throws {
        try Data(text.utf8).write(to: root.appending(path: "modprobe.d/test.conf"))
    }

    func remove(_ name: String) throws {
        try FileManager.default.removeItem(at: directory.appending(path: name))
    }

    func overwrite(_ name: String, _ bytes: [UInt8]) throws {
        try Data(bytes).write(to: directory.appending(path: name))
    }

    private func write(_ entries: [String: [String]], _ name: String) throws {
        try Data(ModuleIndex(entries).bytes).write(to: directory.appending(path: name))
    }

    deinit { try? FileManager.default.removeItem(at: root) }
}
