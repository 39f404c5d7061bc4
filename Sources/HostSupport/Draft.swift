package import Diagnostics
import Foundation
import Glibc
package import SystemPackage

/// A temporary directory beside the result: a rename moves each finished file to its place, whole or not at all.
///
/// It is removed with everything in it when the work ends, in whichever way. What a killed process left behind is removed by
/// the next process that works there: a draft in use is locked.
package struct Draft: Sendable {
    package let directory: FilePath
    private static let prefix = ".macos-virt-draft-"

    private init(directory: FilePath) { self.directory = directory }

    /// A directory of the caller's, beside the result: it stays until the caller removes it.
    package init(keeping directory: FilePath) { self.directory = directory }

    /// Makes a draft in the directory `parent`, and removes it after `body`.
    ///
    /// The parent is created if needed, and removed again when `body` fails.
    /// - Throws: `cantCreate`; what `body` throws.
    package static func with<R>(in parent: FilePath, _ body: (Draft) async throws(OperationError) -> R) async throws(OperationError) -> R {
        let made = try DraftFile.makeDirectory(parent)
        do {
            let (directory, lock) = try make(in: parent)
            defer {
                remove(directory)
                close(lock)
            }
            return try await body(Draft(directory: directory))
        } catch {
            for directory in made.reversed() { rmdir(directory.string) }
            throw error
        }
    }

    /// A new draft and the descriptor that locks it.
    ///
    /// The parent is locked meanwhile: before the new draft has its lock, another process would consider it abandoned.
    private static func make(in parent: FilePath) throws(OperationError) -> (FilePath, CInt) {
        let others = open(parent.string, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard others >= 0 else { throw DraftFile.failure("open", parent, Errno(rawValue: errno)) }
        defer { close(others) }
        guard flock(others, LOCK_EX) == 0 else { throw DraftFile.failure("lock", parent, Errno(rawValue: errno)) }
        removeAbandoned(in: parent)
        var template = Array(parent.appending(prefix + "XXXXXX").string.utf8CString)
        guard let made = mkdtemp(&template) else { throw DraftFile.failure("create directory in", parent, Errno(rawValue: errno)) }
        let directory = FilePath(String(cString: made))
        let lock = open(directory.string, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard lock >= 0 else {
            let error = DraftFile.failure("open", directory, Errno(rawValue: errno))
            remove(directory)
            throw error
        }
        guard flock(lock, LOCK_EX | LOCK_NB) == 0 else {
            let error = DraftFile.failure("lock", directory, Errno(rawValue: errno))
            close(lock)
            remove(directory)
            throw error
        }
        return (directory, lock)
    }

    package func path(_ name: String) -> FilePath { directory.appending(name) }

    /// Moves a finished file to its place and replaces the file there, after its bytes have reached the disk.
    /// - Throws: `tempFail` when a running QEMU uses the file there; `cantCreate`.
    package func publish(_ name: String, as destination: FilePath) throws(OperationError) {
        try Destination.check(destination)
        try ImageLock.check(destination)
        let descriptor = open(path(name).string, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw DraftFile.failure("open", path(name), Errno(rawValue: errno)) }
        defer { close(descriptor) }
        // Without it, a crash can leave an empty file under the new name.
        guard fsync(descriptor) == 0, rename(path(name).string, destination.string) == 0 else {
            throw DraftFile.failure("write", destination, Errno(rawValue: errno))
        }
    }

    /// Moves several files, and none of them when one cannot be replaced.
    /// - Throws: `tempFail`, `cantCreate`, `interrupted`.
    package func publish(_ files: [(name: String, destination: FilePath)]) throws(OperationError) {
        try Destination.check(all: files.map(\.destination))
        for file in files { try ImageLock.check(file.destination) }
        if Task.isCancelled { throw Interruption.failure }
        for file in files { try publish(file.name, as: file.destination) }
    }

    private static func remove(_ directory: FilePath) {
        // Directories unpacked from packages can be read-only for their owner.
        let paths = FileManager.default.enumerator(atPath: directory.string)
        while let path = paths?.nextObject() as? String {
            if paths?.fileAttributes?[.type] as? FileAttributeType == .typeDirectory { chmod(directory.appending(path).string, 0o755) }
        }
        try? FileManager.default.removeItem(atPath: directory.string)
    }

    private static func removeAbandoned(in parent: FilePath) {
        for name in (try? FileManager.default.contentsOfDirectory(atPath: parent.string)) ?? [] where name.hasPrefix(prefix) {
            // Anybody can create such a name in /tmp, as a link or as a directory that changes meanwhile.
            let lock = open(parent.appending(name).string, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
            guard lock >= 0 else { continue }
            defer { close(lock) }
            var status = stat()
            guard fstat(lock, &status) == 0, status.st_uid == geteuid() else { continue }
            if flock(lock, LOCK_EX | LOCK_NB) == 0 { remove(parent.appending(name)) }
        }
    }
}
