import CLinux
import Diagnostics
import Glibc
import LinuxSupport
import SystemPackage

/// Writes the directories and files of `boot`'s state.
enum StateFile {
    /// The directories of `path` that do not exist, outermost first.
    static func missingDirectories(_ path: String) -> [String] {
        var current = ""
        let all = path.split(separator: "/").map { part in
            current += "/\(part)"
            return current
        }
        return all.filter { !FileRoot.live.exists($0) }
    }

    /// mkdir --parents.
    /// - Returns: the directories that it created, outermost first.
    @discardableResult
    static func makeDirectory(_ path: String, mode: UInt32, owner: UserFact?) throws(OperationError) -> [String] {
        var made: [String] = []
        var current = ""
        for part in path.split(separator: "/") {
            current += "/\(part)"
            if mkdir(current, mode) == 0 {
                made.append(current)
            } else {
                let error = Errno(rawValue: errno)
                if error == .fileExists { continue }
                throw failure("create directory", current, error)
            }
        }
        // The umask limits the mode of mkdir(2). A directory that existed before keeps its mode and owner.
        if made.last == path {
            guard chmod(path, mode) == 0 else { throw failure("set the mode of", path, Errno(rawValue: errno)) }
            try give(path, to: owner)
        }
        return made
    }

    /// Writes a temporary file and renames it, so that a reader never sees half a file.
    /// - Parameter isDurable: return when the new name is on the disk as well.
    static func write(
        _ path: String, _ bytes: some Sequence<UInt8>, mode: UInt32, owner: UserFact? = nil, isDurable: Bool = false
    ) throws(OperationError) {
        let temporary = path + ".new"
        do {
            let file = try OwnedDescriptor(
                opening: FilePath(temporary), .writeOnly, options: [.create, .truncate, .noFollow],
                permissions: FilePermissions(rawValue: mode))
            try file.descriptor.writeAll(bytes)
            guard fchmod(file.rawValue, mode) == 0 else { throw Errno(rawValue: errno) }
            if let owner, fchown(file.rawValue, uid_t(truncatingIfNeeded: owner.uid), gid_t(truncatingIfNeeded: owner.gid)) != 0 {
                throw Errno(rawValue: errno)
            }
            // Before the rename: a power cut must not leave an empty file under the final name.
            guard fsync(file.rawValue) == 0 || errno == EINVAL else { throw Errno(rawValue: errno) }
            guard rename(temporary, path) == 0 else { throw Errno(rawValue: errno) }
            if isDurable {
                let directory = try OwnedDescriptor(
                    opening: FilePath(path).removingLastComponent(), .readOnly, options: .directory)
                guard fsync(directory.rawValue) == 0 || errno == EINVAL else { throw Errno(rawValue: errno) }
            }
        } catch {
            unlink(temporary)
            throw failure("write", path, error as? Errno ?? .ioError)
        }
    }

    /// cp --no-clobber. An existing copy must have the template's size, or it belongs to another build of the firmware.
    static func copyOnce(from: String, to: String, owner: UserFact?) throws(OperationError) {
        guard let copy = FileStatus(.live, to) else {
            let template: [UInt8]
            do {
                template = try FileRoot.live.prefix(from, bytes: 64 << 20)
            } catch {
                throw failure("read", from, error)
            }
            return try write(to, template, mode: 0o600, owner: owner)
        }
        guard let template = FileStatus(.live, from) else { throw failure("read", from, .noSuchFileOrDirectory) }
        guard copy.size == template.size else {
            throw OperationError(
                "use", to, cause: "it has \(copy.size) bytes and \(from) has \(template.size): it was made for another firmware",
                remedy: "remove it to start with fresh variables, or set state.nvram", exit: ExitStatus.noInput)
        }
        // It may belong to the user that QEMU ran as before, perhaps another daemon's.
        if let owner, copy.owner != owner.uid, geteuid() == 0 { try give(to, to: owner) }
    }

    /// cp, from the first of two files that has the size of the second.
    static func copy(from: String, orElse template: String, to: String, owner: UserFact?) throws(OperationError) {
        guard let wanted = FileStatus(.live, template) else { throw failure("read", template, .noSuchFileOrDirectory) }
        let source = FileStatus(.live, from)?.size == wanted.size ? from : template
        let bytes: [UInt8]
        do {
            bytes = try FileRoot.live.prefix(source, bytes: 64 << 20)
        } catch {
            throw failure("read", source, error)
        }
        try write(to, bytes, mode: 0o600, owner: owner)
    }

    /// Copies a password without its newlines at the end. QEMU reads it as root, before it changes its user.
    static func copySecret(from: String, to: String) throws(OperationError) {
        var secret: [UInt8]
        do {
            secret = try FileRoot.live.prefix(from, bytes: 4096)
        } catch {
            throw OperationError(
                "read password", from, cause: error.description, remedy: "check display.vnc_password_file", exit: ExitStatus.noInput)
        }
        while let last = secret.last, last == 0x0a || last == 0x0d { secret.removeLast() }
        guard !secret.isEmpty else {
            throw OperationError(
                "read password", from, cause: "it is empty", remedy: "write a password into it: VNC uses the first 8 bytes",
                exit: ExitStatus.noInput)
        }
        try write(to, secret, mode: 0o400)
    }

    private static func give(_ path: String, to owner: UserFact?) throws(OperationError) {
        guard let owner else { return }
        guard chown(path, uid_t(truncatingIfNeeded: owner.uid), gid_t(truncatingIfNeeded: owner.gid)) == 0 else {
            throw failure("change the owner of", path, Errno(rawValue: errno))
        }
    }

    private static func failure(_ operation: String, _ path: String, _ error: Errno) -> OperationError {
        OperationError(
            operation, path, cause: error.description, remedy: "make it writable, or set state.run and state.nvram to other paths",
            exit: ExitStatus.cantCreate)
    }
}
