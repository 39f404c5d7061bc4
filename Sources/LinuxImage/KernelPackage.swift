import Diagnostics
import Foundation
import HostSupport
import SystemPackage

/// The kernel of an unpacked package and its modules.
struct KernelPackage: Sendable {
    let tree: PackageTree
    /// As `uname -r` prints it.
    let release: String
    /// Paths of each module and of its dependencies by module name, from modules.dep(5).
    private let dependencies: [String: [String]]

    /// Unpacks the modules and makes modules.dep, which Debian makes when it installs the package.
    /// - Throws: `unavailable` when the package has no modules; `software`.
    init(preparing tree: PackageTree) async throws(OperationError) {
        guard let release = tree.names(in: "/usr/lib/modules").first else {
            throw OperationError("read", "kernel package", cause: "it has no modules", exit: .unavailable)
        }
        let modules = try tree.file("/usr/lib/modules/\(release)")
        // Debian 13 compresses them. The root is compressed as a whole, which is smaller and faster to read.
        let packed = (FileManager.default.enumerator(atPath: modules.string)?.compactMap { $0 as? String } ?? []).filter {
            $0.hasSuffix(".ko.xz")
        }
        if !packed.isEmpty { try await Tool("xz", from: "xz-utils").run(["--decompress"] + packed, directory: modules) }
        let base = modules.removingLastComponent().removingLastComponent().removingLastComponent()
        try await Tool("depmod", from: "kmod").run(["--basedir", base.string, release])
        let text: String
        do {
            text = try String(contentsOfFile: modules.appending("modules.dep").string, encoding: .utf8)
        } catch {
            throw OperationError("read", "modules.dep", cause: error.localizedDescription, exit: .software)
        }
        (self.tree, self.release, dependencies) = (tree, release, Self.parse(text))
    }

    func image() throws(OperationError) -> FilePath { try tree.file("/boot/vmlinuz-\(release)") }

    /// Copies modules with their dependencies, and the indexes that modprobe and libkmod read.
    func copy(_ names: [String], to root: DirectoryTree) async throws(OperationError) {
        let source = try tree.file("/usr/lib/modules/\(release)")
        let inside = "/lib/modules/\(release)"
        for path in Set(names.flatMap { dependencies[$0] ?? [] }).sorted() {
            try root.copy(source.appending(path), to: "\(inside)/\(path)")
        }
        for list in ["modules.order", "modules.builtin", "modules.builtin.modinfo"] {
            try root.copy(source.appending(list), to: "\(inside)/\(list)")
        }
        try await Tool("depmod", from: "kmod").run(["--basedir", root.root.string, release])
        // Nothing in the image reads these.
        for index in ["modules.symbols", "modules.symbols.bin", "modules.devname"] {
            try? FileManager.default.removeItem(atPath: root.place("\(inside)/\(index)").string)
        }
    }

    /// "kernel/fs/fat/vfat.ko: kernel/fs/fat/fat.ko"
    static func parse(_ text: String) -> [String: [String]] {
        var table: [String: [String]] = [:]
        for line in text.split(separator: "\n") {
            guard let colon = line.firstIndex(of: ":") else { continue }
            let path = String(line[..<colon])
            table[name(path)] = [path] + line[line.index(after: colon)...].split(separator: " ").map(String.init)
        }
        return table
    }

    /// kvm-amd and kvm_amd are the same module.
    static func name(_ path: String) -> String {
        let file = path.split(separator: "/").last ?? ""
        return String(file.prefix { $0 != "." }).replacing("-", with: "_")
    }
}
