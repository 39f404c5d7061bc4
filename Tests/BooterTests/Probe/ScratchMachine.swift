import Foundation
import Glibc
import LinuxSupport
import SystemPackage

/// A directory that stands for a machine, removed with its owner.
final class ScratchMachine {
    let directory: URL

    /// - Parameter files: content by absolute path on that machine.
    init(_ files: [String: String] = [:]) throws {
        directory = FileManager.default.temporaryDirectory.appendingPathComponent("machine-" + UUID().uuidString)
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        for (path, content) in files { try write(Array(content.utf8), to: path) }
    }

    /// A copy of a saved one.
    init(copying original: URL) throws {
        directory = FileManager.default.temporaryDirectory.appendingPathComponent("machine-" + UUID().uuidString)
        try FileManager.default.copyItem(at: original, to: directory)
    }

    deinit { try? FileManager.default.removeItem(at: directory) }

    var root: FileRoot { FileRoot(FilePath(directory.path)) }

    func write(_ bytes: [UInt8], to path: String) throws {
        let file = directory.appendingPathComponent(path)
        try FileManager.default.createDirectory(at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(bytes).write(to: file)
    }

    func write(_ text: String, to path: String) throws { try write(Array(text.utf8), to: path) }

    /// A file of zeros that takes no space.
    func reserve(_ size: UInt64, at path: String) throws {
        try write([], to: path)
        let handle = try FileHandle(forWritingTo: directory.appendingPathComponent(path))
        try handle.truncate(atOffset: size)
        try handle.close()
    }

    func symlink(_ path: String, to target: String) throws {
        let file = directory.appendingPathComponent(path)
        try FileManager.default.createDirectory(at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
        try FileManager.default.createSymbolicLink(atPath: file.path, withDestinationPath: target)
    }

    /// Until no process has the file open for writing: a test that forked meanwhile has a copy of our descriptor until it calls execve,
    /// and nobody can execute the file that long ("Text file busy"). A read lease is given only when there is no writer, fcntl(2).
    private func waitForWriters(of path: String) {
        let setLease: Int32 = 1024
        let file = open(path, O_RDONLY | O_CLOEXEC)
        defer { close(file) }
        for _ in 0..<1000 where fcntl(file, setLease, F_RDLCK) != 0 && errno == EAGAIN { usleep(1000) }
    }

    /// A program that the tests can start in place of QEMU.
    func script(_ path: String, _ body: String) throws -> String {
        try write(body, to: path)
        let file = directory.appendingPathComponent(path)
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: file.path)
        waitForWriters(of: file.path)
        return file.path
    }
}
