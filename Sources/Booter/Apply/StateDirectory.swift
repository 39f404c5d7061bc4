import Diagnostics
import Glibc
import LinuxSupport
import SystemPackage

/// The directory of the journal and of the other files of a run: state.run.
///
/// Root acts on the files here, so nobody else may write to it, or rename a directory above it.
struct StateDirectory: Equatable, Sendable {
    let path: String

    /// The sticky bit on a directory that only its owner can write marks it as created by `boot`.
    ///
    /// mkdir(2) sets it together with the directory, so that a kill at any moment leaves no directory that `boot down` does not know.
    private static let mark: mode_t = 0o1000
    /// S_IWGRP and S_IWOTH.
    private static let groupWrite: mode_t = 0o020
    private static let othersWrite: mode_t = 0o002

    /// mkdir --parents, and the check that nobody else can write there.
    /// - Throws: exit 73 when it cannot be created, 78 when another user can write to it.
    func create() throws(OperationError) {
        for directory in Self.prefixes(path) where mkdir(directory, 0o755 | Self.mark) != 0 {
            let error = Errno(rawValue: errno)
            // A path on a read-only file system is an error only where something is missing.
            guard error != .fileExists, !FileRoot.live.exists(directory) else { continue }
            throw OperationError(
                "create directory", directory, cause: error.description, remedy: "make it writable, or set state.run to another directory",
                exit: ExitStatus.cantCreate)
        }
        try check()
    }

    /// - Throws: exit 78 when a user other than root and this process's own can change what this path leads to.
    func check() throws(OperationError) {
        let all = Self.prefixes(path)
        for directory in all { try Self.check(directory, isLast: directory == all.last) }
        // A symbolic link on the way leads to directories with other parents.
        guard let resolved = Self.resolved(path), resolved != path else { return }
        for directory in Self.prefixes(resolved) { try Self.check(directory, isLast: directory == resolved) }
    }

    private static func check(_ directory: String, isLast: Bool) throws(OperationError) {
        var status = stat()
        guard lstat(directory, &status) == 0 else { throw refusal(directory, Errno(rawValue: errno).description) }
        guard isTrusted(status.st_uid) else { throw refusal(directory, "it belongs to user \(status.st_uid)") }
        if status.st_mode & S_IFMT == S_IFLNK {
            guard stat(directory, &status) == 0 else { throw refusal(directory, Errno(rawValue: errno).description) }
            guard isTrusted(status.st_uid) else { throw refusal(directory, "it leads to a directory of user \(status.st_uid)") }
        }
        guard status.st_mode & S_IFMT == S_IFDIR else { throw refusal(directory, Errno.notDirectory.description, exit: .cantCreate) }
        let isShared =
            status.st_mode & othersWrite != 0 || status.st_mode & groupWrite != 0 && status.st_gid != 0 && status.st_gid != getegid()
        // In a sticky directory such as /tmp, users cannot rename each other's files.
        guard !isShared || !isLast && status.st_mode & mark != 0 else {
            throw refusal(directory, "other users can write to it (mode 0\(String(status.st_mode & 0o7777, radix: 8)))")
        }
    }

    private static func isTrusted(_ user: uid_t) -> Bool { user == 0 || user == geteuid() }

    private static func refusal(_ directory: String, _ cause: String, exit: ExitStatus = .config) -> OperationError {
        OperationError(
            "use state directory", directory, cause: cause,
            remedy: "run chown root and chmod go-w on it, or set state.run to another directory", exit: exit)
    }

    /// Removes the directories that `boot` created, if they are empty; a kill may have left only the outer ones.
    func remove() {
        for directory in Self.prefixes(path).reversed() {
            var status = stat()
            guard lstat(directory, &status) == 0 else { continue }
            guard status.st_mode & S_IFMT == S_IFDIR, status.st_uid == geteuid(),
                status.st_mode & (Self.mark | Self.groupWrite | Self.othersWrite) == Self.mark, rmdir(directory) == 0
            else { return }
        }
    }

    /// "/a", "/a/b" and "/a/b/c" of "/a/b/c".
    private static func prefixes(_ path: String) -> [String] {
        var current = ""
        return path.split(separator: "/").map { part in
            current += "/\(part)"
            return current
        }
    }

    private static func resolved(_ path: String) -> String? {
        guard let text = realpath(path, nil) else { return nil }
        defer { free(text) }
        return String(cString: text)
    }
}
