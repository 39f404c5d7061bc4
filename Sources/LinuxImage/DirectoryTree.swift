import Diagnostics
import Foundation
import HostSupport
import SystemPackage

/// The root directory of a system that is being made. Paths are absolute in that system, and below /usr where Debian merges them.
struct DirectoryTree: Sendable {
    let root: FilePath

    /// Creates it, with links for the merged directories: /bin is usr/bin.
    init(creating root: FilePath, merged: Bool) throws(OperationError) {
        self.root = root
        try DraftFile.makeDirectory(root)
        guard merged else { return }
        for name in ["bin", "lib", "lib64", "sbin"] {
            try directory("/usr/" + name)
            try link("/" + name, to: "usr/" + name)
        }
    }

    func directory(_ path: String, mode: Int = 0o755) throws(OperationError) {
        try DraftFile.makeDirectory(place(path))
        try set(mode, of: path)
    }

    func file(_ path: String, _ text: String, mode: Int = 0o644) throws(OperationError) { try file(path, Array(text.utf8), mode: mode) }

    func file(_ path: String, _ bytes: [UInt8], mode: Int = 0o644) throws(OperationError) {
        try DraftFile.makeDirectory(place(path).removingLastComponent())
        try attempt(path) { try Data(bytes).write(to: URL(filePath: place(path).string)) }
        try set(mode, of: path)
    }

    /// Copies a regular file, and replaces an existing one. The source's mode does not matter.
    func copy(_ source: FilePath, to path: String, mode: Int = 0o644) throws(OperationError) {
        let place = place(path)
        try DraftFile.makeDirectory(place.removingLastComponent())
        var isDirectory: ObjCBool = false
        if FileManager.default.fileExists(atPath: place.string, isDirectory: &isDirectory) {
            guard !isDirectory.boolValue else {
                throw OperationError("write", place.string, cause: "it is a directory", remedy: "choose another path", exit: .cantCreate)
            }
            try attempt(path) { try FileManager.default.removeItem(atPath: place.string) }
        }
        try InputFile.copy(source, to: place, mode: mode)
    }

    func link(_ path: String, to target: String) throws(OperationError) {
        try DraftFile.makeDirectory(place(path).removingLastComponent())
        try attempt(path) { try FileManager.default.createSymbolicLink(atPath: place(path).string, withDestinationPath: target) }
    }

    func place(_ path: String) -> FilePath { root.appending(String(path.drop { $0 == "/" })) }

    /// Everything in it, relative to its root and sorted: the order is the same on every machine.
    func paths() -> [String] {
        (FileManager.default.enumerator(atPath: root.string)?.compactMap { $0 as? String } ?? []).sorted()
    }

    /// What its files hold together, each counted in whole clusters of 512 bytes.
    func bytes() -> Int {
        paths().reduce(0) { sum, path in
            let size = (try? FileManager.default.attributesOfItem(atPath: root.appending(path).string)[.size] as? Int) ?? 0
            return sum + (size + 511) / 512 * 512
        }
    }

    private func set(_ mode: Int, of path: String) throws(OperationError) {
        try attempt(path) { try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: place(path).string) }
    }

    private func attempt(_ path: String, _ work: () throws -> Void) throws(OperationError) {
        do {
            try work()
        } catch {
            throw OperationError(
                "write", place(path).string, cause: error.localizedDescription,
                remedy: "check the free space of the output directory", exit: .cantCreate)
        }
    }

    /// touch --no-dereference --date=@0: the image does not contain the time of the build.
    func resetTimestamps() async throws(OperationError) {
        try await Tool("xargs", from: "findutils").run(
            ["--null", "touch", "--no-dereference", "--date=@\(Reproducible.epoch)"],
            input: (paths() + ["."]).joined(separator: "\0") + "\0", directory: root)
    }
}
