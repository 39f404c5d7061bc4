import Foundation
import LinuxSupport
import SystemPackage

/// A directory that is removed with its owner.
final class Scratch: Sendable {
    let path: FilePath

    /// - Parameter files: content by name; directories on the way are made.
    init(_ files: [String: String] = [:]) throws {
        path = FilePath(FileManager.default.temporaryDirectory.path).appending("lm-" + String(UInt32.random(in: 0...UInt32.max), radix: 36))
        try FileManager.default.createDirectory(atPath: path.string, withIntermediateDirectories: true)
        for (name, text) in files { try write(Array(text.utf8), name) }
    }

    deinit { try? FileManager.default.removeItem(atPath: path.string) }

    var root: FileRoot { FileRoot(path) }

    @discardableResult
    func write(_ bytes: [UInt8], _ name: String) throws -> FilePath {
        let file = URL(filePath: path.string).appending(path: name)
        try FileManager.default.createDirectory(at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(bytes).write(to: file)
        return FilePath(file.path)
    }

    /// A file of zeros that takes no space.
    @discardableResult
    func reserve(_ size: UInt64, _ name: String) throws -> FilePath {
        let file = try write([], name)
        let handle = try FileHandle(forWritingTo: URL(filePath: file.string))
        try handle.truncate(atOffset: size)
        try handle.close()
        return file
    }

    var names: [String] { ((try? FileManager.default.contentsOfDirectory(atPath: path.string)) ?? []).sorted() }
}
