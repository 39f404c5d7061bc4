package import Diagnostics
import Glibc
package import SystemPackage

/// Where a result goes: a new name, or a regular file that it replaces, in a directory that exists.
///
/// Every output of `macos-virt` is checked here, before the work and again before the rename.
package enum Destination {
    /// - Throws: `cantCreate`, which names what is in the way.
    package static func check(_ path: FilePath) throws(OperationError) {
        let parent = directory(of: path)
        var status = stat()
        guard stat(parent.string, &status) == 0 else {
            throw refusal(path, "there is no directory \(parent)", "create it: mkdir -p \(parent)")
        }
        guard FileKind(status.st_mode) == .directory else { throw refusal(path, "\(parent) is not a directory", "choose another name") }
        guard lstat(path.string, &status) == 0 else { return }
        switch FileKind(status.st_mode) {
        case .regular: return
        case .directory: throw refusal(path, "it is a directory", "name a file in it")
        case .link: throw refusal(path, "it is a symbolic link", "name the file that it leads to, or remove the link")
        case let kind:
            throw refusal(path, "it is \(kind?.rawValue ?? "no regular file")", "name a regular file, or one that does not exist")
        }
    }

    /// Checks all outputs of a command.
    /// - Throws: `cantCreate`; `usage` when two have the same name.
    package static func check(all paths: [FilePath]) throws(OperationError) {
        var seen: Set<FilePath> = []
        for path in paths {
            try check(path)
            guard seen.insert(path.lexicallyNormalized()).inserted else {
                throw OperationError(
                    "write", path.string, cause: "it is the name of two outputs", remedy: "give each its own name", exit: .usage)
            }
        }
    }

    /// The directory that a file is in: `.` for a name without one.
    package static func directory(of path: FilePath) -> FilePath {
        let parent = path.removingLastComponent()
        return parent.isEmpty ? "." : parent
    }

    private static func refusal(_ path: FilePath, _ cause: String, _ remedy: String) -> OperationError {
        OperationError("write", path.string, cause: cause, remedy: remedy, exit: .cantCreate)
    }
}

/// Free space on a file system. Tools that run out of it seldom say so.
package enum FreeSpace {
    /// - Parameter bytes: what is about to be written below `directory`.
    /// - Throws: `cantCreate` when there is less. Does nothing where the free space is unknown.
    package static func require(_ bytes: Int, in directory: FilePath) throws(OperationError) {
        var status = statvfs()
        guard statvfs(directory.string, &status) == 0 else { return }
        let (free, overflow) = Int(clamping: status.f_bavail).multipliedReportingOverflow(by: Int(clamping: status.f_frsize))
        guard !overflow, free < bytes else { return }
        throw OperationError(
            "write", directory.string, cause: "No space left on device: \(bytes >> 20) MiB are needed, \(free >> 20) MiB are free",
            remedy: DraftFile.makeRoom, exit: .cantCreate)
    }

    /// Whether next to nothing is free where a file is: the reason why a tool could not write, which it often does not say.
    package static func isUsedUp(_ path: FilePath) -> Bool {
        var status = statvfs()
        return statvfs(path.string, &status) == 0 && Int(clamping: status.f_bavail) <= 16
    }
}
