import CLinux
import Diagnostics
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
    /// Whether `fresh` had something to undo: what was read of the machine before is no longer true.
    private(set) var undidEarlierRun = false
    /// Directories above the file that were made for it, outermost first.
    private let madeDirectories: [String]

    /// The first line.
    private struct Header: Decodable {
        /// The process that holds the lock; execve keeps its number.
        var pid: Int32
    }

    /// Opens or creates the journal, takes its lock and, when an earlier run left entries in it, puts this process's number above them.
    ///
    /// - Throws: exit 75 when a guest or another `boot` holds it, 73 when the directory cannot be written, 70 when a line is not ours.
    static func open(directory: String) throws(OperationError) -> Journal {
        let path = FilePath(directory).appending("journal")
        while true {
            let made = try makeDirectories(directory)
            let file = try open(path, directory)
            if flock(file.rawValue, LOCK_EX | LOCK_NB) != 0 { throw busy(path, Errno(rawValue: errno)) }
            // Whoever held the lock a moment ago may have removed the file: a lock on that one keeps nobody away.
            guard isStill(file.rawValue, path) else { continue }
            let journal = Journal(file: file, path: path, entries: try read(path), madeDirectories: made)
            if !journal.isEmpty { try journal.rewrite() }
            return journal
        }
    }

    /// Out of the way of the descriptors that `Exec` puts at fixed numbers for QEMU.
    private static let lowestDescriptor: Int32 = 64

    private static func open(_ path: FilePath, _ directory: String) throws(OperationError) -> OwnedDescriptor {
        do {
            let file = try OwnedDescriptor(
                opening: path, .readWrite, options: [.create, .append, .noFollow], permissions: [.ownerReadWrite, .groupRead, .otherRead])
            let high = fcntl(file.rawValue, F_DUPFD_CLOEXEC, lowestDescriptor)
            guard high >= 0 else { throw Errno(rawValue: errno) }
            return OwnedDescriptor(adopting: high)
        } catch {
            throw OperationError(
                "open journal", path.string, cause: (error as? Errno)?.description ?? "\(error)",
                remedy: "make \(directory) writable, or set state.run", exit: ExitStatus.cantCreate)
        }
    }

    private static func isStill(_ descriptor: Int32, _ path: FilePath) -> Bool {
        var (ours, there) = (stat(), stat())
        return fstat(descriptor, &ours) == 0 && stat(path.string, &there) == 0 && ours.st_ino == there.st_ino && ours.st_dev == there.st_dev
    }

    private init(file: consuming OwnedDescriptor, path: FilePath, entries: [Undo], madeDirectories: [String]) {
        self.file = file
        self.path = path
        self.entries = entries
        self.madeDirectories = madeDirectories
    }

    private static func busy(_ path: FilePath, _ error: Errno) -> OperationError {
        guard error == .wouldBlock else {
            return OperationError("lock journal", path.string, cause: error.description, exit: ExitStatus.osError)
        }
        let holder = (try? FileRoot.live.text(path.string)).flatMap { $0.split(separator: "\n").first }
            .flatMap { try? JSONDecoder().decode(Header.self, from: Data($0.utf8)) }
        guard let holder else {
            return OperationError(
                "lock journal", path.string, cause: "another process holds it", remedy: "let it end, or power its guest off",
                exit: ExitStatus.tempFail)
        }
        let command = FileRoot.live.line("/proc/\(holder.pid)/comm") ?? ""
        return OperationError(
            "lock journal", path.string,
            cause: command == "boot" ? "another boot is at work, process \(holder.pid)" : "a guest is running, process \(holder.pid)",
            remedy: command == "boot" ? "let it end" : "power the guest off first: this machine runs one at a time",
            exit: ExitStatus.tempFail)
    }

    private static func read(_ path: FilePath) throws(OperationError) -> [Undo] {
        let lines: [Substring]
        do {
            lines = try FileRoot.live.text(path.string).split(separator: "\n")
        } catch {
            throw OperationError("read journal", path.string, cause: error.description, exit: ExitStatus.osError)
        }
        if let first = lines.first { _ = try decode(Header.self, first, path) }
        var entries: [Undo] = []
        for line in lines.dropFirst() { entries.append(try decode(Undo.self, line, path)) }
        return entries
    }

    private static func decode<Value: Decodable>(_ type: Value.Type, _ line: Substring, _ path: FilePath) throws(OperationError) -> Value {
        do {
            return try JSONDecoder().decode(type, from: Data(line.utf8))
        } catch {
            throw OperationError(
                "read journal", path.string, cause: "this line is not boot's: \(line.prefix(80))",
                remedy: "remove the file; what an earlier run left has to be removed by hand", exit: ExitStatus.software)
        }
    }

    private static func makeDirectories(_ directory: String) throws(OperationError) -> [String] {
        var made: [String] = []
        var path = ""
        for part in directory.split(separator: "/") {
            path += "/\(part)"
            if mkdir(path, 0o755) == 0 {
                made.append(path)
            } else {
                let error = Errno(rawValue: errno)
                guard error != .fileExists else { continue }
                throw OperationError(
                    "create directory", path, cause: error.description, remedy: "make it writable, or set state.run",
                    exit: ExitStatus.cantCreate)
            }
        }
        return made
    }

    var isEmpty: Bool { entries.isEmpty }

    /// A journal that begins here: what an earlier run left behind is undone first.
    static func fresh(directory: String, undoer: some Undoing) throws(OperationError) -> Journal {
        var journal = try open(directory: directory)
        if !journal.isEmpty {
            let left = journal.unwind(with: undoer)
            guard left.isEmpty else {
                throw OperationError(
                    "undo", "what an earlier run left", cause: left.joined(separator: "; "), remedy: "run boot down, or remove it by hand",
                    exit: ExitStatus.osError)
            }
            // The file went with the last entry.
            journal = try open(directory: directory)
            journal.undidEarlierRun = true
        }
        try journal.begin()
        return journal
    }

    /// Starts afresh under this process's name.
    mutating func begin() throws(OperationError) {
        // The directories that hold the journal go last.
        entries = madeDirectories.map { .removeDirectory($0) } + [.removeFile(path.string)]
        try rewrite()
    }

    private func rewrite() throws(OperationError) {
        guard ftruncate(file.rawValue, 0) == 0 else { throw failure("begin", Errno(rawValue: errno)) }
        try append((["{\"pid\":\(getpid())}"] + entries.map(\.line)).joined(separator: "\n"))
    }

    /// Notes how to undo what is about to be done. An entry that stands already keeps its place: the oldest state is the one to restore.
    mutating func record(_ undo: Undo) throws(OperationError) {
        guard !entries.contains(undo) else { return }
        try append(undo.line)
        entries.append(undo)
    }

    private func append(_ lines: String) throws(OperationError) {
        do {
            try file.descriptor.writeAll(Array((lines + "\n").utf8))
        } catch {
            throw failure("write", error as? Errno ?? .ioError)
        }
    }

    private func failure(_ verb: String, _ error: Errno) -> OperationError {
        OperationError("\(verb) journal", path.string, cause: error.description, exit: ExitStatus.cantCreate)
    }

    /// Undoes what was recorded, newest first, and goes on past failures: what could be cleaned up is.
    ///
    /// Nothing is left of the journal when all went well; what failed stays in it for another try.
    /// - Parameter first: how many of the oldest entries are left alone: those of an earlier stage.
    /// - Returns: one message a failure.
    mutating func unwind(with undoer: some Undoing, after first: Int = 0) -> [String] {
        var failures: [String] = []
        // The journal itself and the directories above it, which go only when nothing has to be remembered.
        let own = entries.firstIndex(of: .removeFile(path.string)).map { $0 + 1 } ?? 0
        let oldest = max(own, min(first, entries.count))
        var kept = Journal.undo(entries[oldest...], with: undoer, &failures)
        if first > 0 || !kept.isEmpty {
            kept = entries[..<oldest] + kept
        } else {
            kept = Journal.undo(entries[..<oldest], with: undoer, &failures)
        }
        entries = kept
        guard !entries.isEmpty else { return failures }
        do {
            try rewrite()
        } catch {
            failures.append("\(error)")
        }
        return failures
    }

    /// - Returns: what could not be undone, in the order in which it was recorded.
    private static func undo(_ entries: ArraySlice<Undo>, with undoer: some Undoing, _ failures: inout [String]) -> [Undo] {
        var kept: [Undo] = []
        for undo in entries.reversed() {
            do {
                try undoer.undo(undo)
            } catch {
                failures.append("\(undo.title): \(error)")
                kept.append(undo)
            }
        }
        return kept.reversed()
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
