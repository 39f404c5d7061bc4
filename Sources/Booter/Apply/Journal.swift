import CLinux
import FoundationEssentials
import Glibc
import LinuxSupport
import SystemPackage

/// What has been done to this machine, on disk before it is done, and the lock that keeps a second `boot` away.
///
/// A file of JSON lines below state.run. Whoever works on it holds flock(2) on it; QEMU inherits the descriptor, so the kernel
/// itself knows whether a guest is running, and forgets it when QEMU ends, however that happens.
struct Journal: ~Copyable {
    private let file: OwnedDescriptor
    private let path: FilePath
    private(set) var entries: [Undo]
    /// Directories above the file that were made for it, outermost first.
    private let madeDirectories: [String]

    /// The first line.
    private struct Header: Codable {
        /// The process that holds the lock; execve keeps its number.
        var pid: Int32
    }

    /// Opens or creates the journal and takes its lock.
    ///
    /// - Throws: exit 75 when a guest or another `boot` holds it, 73 when the directory cannot be written, 70 when a line is not ours.
    static func open(directory: String) throws(BootError) -> Journal {
        let path = FilePath(directory).appending("journal")
        let made = try makeDirectories(directory)
        let file: OwnedDescriptor
        do {
            file = try OwnedDescriptor(
                opening: path, .readWrite, options: [.create, .append, .noFollow], permissions: [.ownerReadWrite, .groupRead, .otherRead])
        } catch {
            throw BootError(
                "open journal", path.string, cause: error.description, remedy: "make \(directory) writable, or set state.run",
                exit: ExitStatus.cantCreate)
        }
        if flock(file.rawValue, LOCK_EX | LOCK_NB) != 0 { throw busy(path, Errno(rawValue: errno)) }
        return Journal(file: file, path: path, entries: try read(path), madeDirectories: made)
    }

    private init(file: consuming OwnedDescriptor, path: FilePath, entries: [Undo], madeDirectories: [String]) {
        self.file = file
        self.path = path
        self.entries = entries
        self.madeDirectories = madeDirectories
    }

    private static func busy(_ path: FilePath, _ error: Errno) -> BootError {
        guard error == .wouldBlock else {
            return BootError("lock journal", path.string, cause: error.description, exit: ExitStatus.osError)
        }
        let holder = (try? FileRoot.live.text(path.string)).flatMap { $0.split(separator: "\n").first }
            .flatMap { try? JSONDecoder().decode(Header.self, from: Data($0.utf8)) }
        return BootError(
            "lock journal", path.string, cause: holder.map { "a guest is running, process \($0.pid)" } ?? "a guest is running",
            remedy: "power the guest off first: this machine runs one at a time", exit: ExitStatus.tempFail)
    }

    private static func read(_ path: FilePath) throws(BootError) -> [Undo] {
        var entries: [Undo] = []
        let text = (try? FileRoot.live.text(path.string)) ?? ""
        for line in text.split(separator: "\n").dropFirst() {
            do {
                entries.append(try JSONDecoder().decode(Undo.self, from: Data(line.utf8)))
            } catch {
                throw BootError(
                    "read journal", path.string, cause: "this line is not boot's: \(line.prefix(80))",
                    remedy: "remove the file; what an earlier run left has to be removed by hand", exit: ExitStatus.software)
            }
        }
        return entries
    }

    private static func makeDirectories(_ directory: String) throws(BootError) -> [String] {
        var made: [String] = []
        var path = ""
        for part in directory.split(separator: "/") {
            path += "/" + part
            if mkdir(path, 0o755) == 0 {
                made.append(path)
            } else {
                let error = Errno(rawValue: errno)
                guard error != .fileExists else { continue }
                throw BootError(
                    "create directory", path, cause: error.description, remedy: "make it writable, or set state.run",
                    exit: ExitStatus.cantCreate)
            }
        }
        return made
    }

    var isEmpty: Bool { entries.isEmpty }

    /// A journal that begins here: what an earlier run left behind is undone first.
    static func fresh(directory: String, undoer: some Undoing) throws(BootError) -> Journal {
        var journal = try open(directory: directory)
        if !journal.isEmpty {
            let left = journal.unwind(with: undoer)
            guard left.isEmpty else {
                throw BootError(
                    "undo", "what an earlier run left", cause: left.joined(separator: "; "), remedy: "run boot down, or remove it by hand",
                    exit: ExitStatus.osError)
            }
            // The file went with the last entry.
            journal = try open(directory: directory)
        }
        try journal.begin()
        return journal
    }

    /// Starts afresh under this process's name.
    mutating func begin() throws(BootError) {
        guard ftruncate(file.rawValue, 0) == 0 else { throw failure("begin", Errno(rawValue: errno)) }
        entries = []
        try append(Header(pid: getpid()))
        // The directories that hold the journal go last.
        for directory in madeDirectories { try record(.removeDirectory(directory)) }
        try record(.removeFile(path.string))
    }

    /// Notes how to undo what is about to be done. An entry that stands already keeps its place: the oldest state is the one to restore.
    mutating func record(_ undo: Undo) throws(BootError) {
        guard !entries.contains(undo) else { return }
        try append(undo)
        entries.append(undo)
    }

    private static var encoder: JSONEncoder {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .withoutEscapingSlashes
        return encoder
    }

    private func append(_ value: some Encodable) throws(BootError) {
        do {
            let line = try Journal.encoder.encode(value) + [0x0a]
            try file.descriptor.writeAll(line)
        } catch {
            throw failure("write", error as? Errno ?? .ioError)
        }
    }

    private func failure(_ verb: String, _ error: Errno) -> BootError {
        BootError("\(verb) journal", path.string, cause: error.description, exit: ExitStatus.cantCreate)
    }

    /// Undoes what was recorded, newest first, and goes on past failures: what could be cleaned up is.
    ///
    /// Nothing is left of the journal when all went well; what failed stays in it for another try.
    /// - Parameter first: how many of the oldest entries are left alone: those of an earlier stage.
    /// - Returns: one message a failure.
    mutating func unwind(with undoer: some Undoing, after first: Int = 0) -> [String] {
        var failures: [String] = []
        var kept: [Undo] = entries.prefix(first).reversed()
        for undo in entries.dropFirst(first).reversed() {
            // The file itself goes only when nothing has to be remembered.
            if undo == .removeFile(path.string), !kept.isEmpty { break }
            do {
                try undoer.undo(undo)
            } catch {
                failures.append("\(undo.title): \(error)")
                kept.insert(undo, at: kept.count - min(first, kept.count))
            }
        }
        guard !kept.isEmpty else {
            entries = []
            return failures
        }
        do {
            let remaining = kept.reversed()
            try begin()
            for undo in remaining { try record(undo) }
        } catch {
            failures.append("\(error)")
        }
        return failures
    }

    /// Keeps the lock over execve: QEMU holds it as long as it lives.
    func keepOverExec() -> Bool { fcntl(file.rawValue, F_SETFD, 0) == 0 }

    /// Only for another process that was given the same journal to read.
    static func exists(directory: String) -> Bool { FileRoot.live.exists(FilePath(directory).appending("journal").string) }
}

/// Carries out one undo. The applier's counterpart, and a recorder in tests.
protocol Undoing {
    func undo(_ undo: Undo) throws
}
