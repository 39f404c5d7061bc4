package import Diagnostics
import Foundation
import Glibc
package import SystemPackage

/// A directory beside the result in which it is made, so that it takes its place by a rename: whole or not at all.
///
/// Removed with all that is left in it when the work ends, in whichever way. What a killed process left is removed by the
/// next one that works there: a draft in use is locked.
package struct Draft: Sendable {
    package let directory: FilePath
    private static let prefix = ".macos-virt-draft-"

    /// Makes a draft in the existing or new directory `parent`, and removes it after `body`.
    /// - Throws: `cantCreate`; what `body` throws.
    package static func with<R>(in parent: FilePath, _ body: (Draft) async throws(OperationError) -> R) async throws(OperationError) -> R {
        try makeDirectory(parent)
        let (directory, lock) = try make(in: parent)
        defer {
            remove(directory)
            close(lock)
        }
        return try await body(Draft(directory: directory))
    }

    /// A new draft and the descriptor that locks it.
    ///
    /// The parent is locked meanwhile: between its making and its lock another process would take it for an abandoned one.
    private static func make(in parent: FilePath) throws(OperationError) -> (FilePath, CInt) {
        let others = open(parent.string, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard others >= 0 else { throw failure("open", parent, Errno(rawValue: errno)) }
        defer { close(others) }
        guard flock(others, LOCK_EX) == 0 else { throw failure("lock", parent, Errno(rawValue: errno)) }
        removeAbandoned(in: parent)
        var template = Array(parent.appending(prefix + "XXXXXX").string.utf8CString)
        guard let made = mkdtemp(&template) else { throw failure("create directory in", parent, Errno(rawValue: errno)) }
        let directory = FilePath(String(cString: made))
        let lock = open(directory.string, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard lock >= 0 else {
            let error = failure("open", directory, Errno(rawValue: errno))
            remove(directory)
            throw error
        }
        guard flock(lock, LOCK_EX | LOCK_NB) == 0 else {
            let error = failure("lock", directory, Errno(rawValue: errno))
            close(lock)
            remove(directory)
            throw error
        }
        return (directory, lock)
    }

    package func path(_ name: String) -> FilePath { directory.appending(name) }

    /// Moves a finished file to its place, replacing what is there, after its bytes have reached the disk.
    /// - Throws: `tempFail` when a running QEMU holds what is there; `cantCreate`.
    package func publish(_ name: String, as destination: FilePath) throws(OperationError) {
        try ImageLock.check(destination)
        let descriptor = open(path(name).string, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw Self.failure("open", path(name), Errno(rawValue: errno)) }
        defer { close(descriptor) }
        // Without it, a crash can leave an empty file of the new name.
        guard fsync(descriptor) == 0 else { throw Self.failure("write", destination, Errno(rawValue: errno)) }
        guard rename(path(name).string, destination.string) == 0 else { throw Self.failure("write", destination, Errno(rawValue: errno)) }
    }

    /// Moves several, none of them when one may not be replaced.
    /// - Throws: `tempFail`, `cantCreate`.
    package func publish(_ names: [String], in directory: FilePath) throws(OperationError) {
        for name in names { try ImageLock.check(directory.appending(name)) }
        for name in names { try publish(name, as: directory.appending(name)) }
    }

    /// mkdir -p
    package static func makeDirectory(_ path: FilePath) throws(OperationError) {
        do {
            try FileManager.default.createDirectory(atPath: path.string, withIntermediateDirectories: true)
        } catch {
            throw OperationError("create directory", path.string, cause: error.localizedDescription, exit: .cantCreate)
        }
    }

    private static func remove(_ directory: FilePath) {
        // Trees unpacked from packages have directories that their owner may not write.
        let paths = FileManager.default.enumerator(atPath: directory.string)
        while let path = paths?.nextObject() as? String {
            if paths?.fileAttributes?[.type] as? FileAttributeType == .typeDirectory { chmod(directory.appending(path).string, 0o755) }
        }
        try? FileManager.default.removeItem(atPath: directory.string)
    }

    private static func removeAbandoned(in parent: FilePath) {
        for name in (try? FileManager.default.contentsOfDirectory(atPath: parent.string)) ?? [] where name.hasPrefix(prefix) {
            // Everybody can put such a name into /tmp: as a link to elsewhere, or a directory that is changed meanwhile.
            let lock = open(parent.appending(name).string, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
            guard lock >= 0 else { continue }
            defer { close(lock) }
            var status = stat()
            guard fstat(lock, &status) == 0, status.st_uid == geteuid() else { continue }
            if flock(lock, LOCK_EX | LOCK_NB) == 0 { remove(parent.appending(name)) }
        }
    }

    private static func failure(_ operation: String, _ path: FilePath, _ errno: Errno) -> OperationError {
        let remedy = errno == .noSpace ? "make room, or choose another directory" : nil
        return OperationError(operation, path.string, cause: errno.description, remedy: remedy, exit: .cantCreate)
    }
}
