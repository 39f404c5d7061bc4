import Diagnostics
import Foundation
import HostSupport
import SystemPackage

/// The root directory of a system in the making. Paths are absolute in that system, and below /usr where Debian merges them.
struct DirectoryTree: Sendable {
    let root: FilePath

    /// Makes it with the links that stand for the merged directories: /bin is usr/bin.
    init(creating root: FilePath, merged: Bool) throws(OperationError) {
        self.root = root
        try Draft.makeDirectory(root)
        guard merged else { return }
        for name in ["bin", "lib", "lib64", "sbin"] {
            try directory("/usr/" + name)
            try link("/" + name, to: "usr/" + name)
        }
    }

    func directory(_ path: String, mode: Int = 0o755) throws(OperationError) {
        try Draft.makeDirectory(place(path))
        try set(mode, of: path)
    }

    func file(_ path: String, _ text: String, mode: Int = 0o644) throws(OperationError) { try file(path, Array(text.utf8), mode: mode) }

    func file(_ path: String, _ bytes: [UInt8], mode: Int = 0o644) throws(OperationError) {
        try Draft.makeDirectory(place(path).removingLastComponent())
        try attempt(path) { try Data(bytes).write(to: URL(filePath: place(path).string)) }
        try set(mode, of: path)
    }

    /// Copies a file, over one that is there. Its own permissions do not count.
    func copy(_ source: FilePath, to path: String, mode: Int = 0o644) throws(OperationError) {
        try Draft.makeDirectory(place(path).removingLastComponent())
        try attempt(path) {
            var isDirectory: ObjCBool = false
            let exists = FileManager.default.fileExists(atPath: place(path).string, isDirectory: &isDirectory)
            if isDirectory.boolValue { throw CocoaError(.fileWriteFileExists, userInfo: [NSLocalizedDescriptionKey: "it is a directory"]) }
            if exists { try FileManager.default.removeItem(atPath: place(path).string) }
            try FileManager.default.copyItem(atPath: source.string, toPath: place(path).string)
        }
        try set(mode, of: path)
    }

    func link(_ path: String, to target: String) throws(OperationError) {
        try Draft.makeDirectory(place(path).removingLastComponent())
        try attempt(path) { try FileManager.default.createSymbolicLink(atPath: place(path).string, withDestinationPath: target) }
    }

    func place(_ path: String) -> FilePath { root.appending(String(path.drop { $0 == "/" })) }

    /// Everything in it, relative to its root, sorted: the same on every machine.
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
                remedy: "look at the free space of the directory that the image is made in", exit: .cantCreate)
        }
    }
}
