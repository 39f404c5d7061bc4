import CLinux
import Diagnostics
import FoundationEssentials
import Glibc
import LinuxSupport
import SystemPackage

/// The list of changes to this machine, each recorded before it is made, and the lock that keeps a second `boot` away.
///
/// A file of JSON lines below state.run. The process that works on it holds flock(2) on it. QEMU inherits the descriptor, so the
/// kernel knows whether a guest is running, and releases the lock when QEMU ends, however that happens.
struct Journal: ~Copyable {
    private let file: OwnedDescriptor
    private let path: FilePath
    private(set) var entries: [Undo]
    /// Whether `fresh` had something to undo: facts that were read before are out of date.
    private(set) var undidEarlierRun = false
    /// Directories that were created for the file, outermost first.
    private let madeDirectories: [String]

    /// The first line.
    private struct Header: Decodable {
        /// The process that holds the lock; execve keeps its number.
        var pid: Int32
    }

    /// Opens or creates the journal and locks it. When an earlier run left entries, their header gets the number of this process.
    ///
    /// - Throws: exit 75 when a guest or another `boot` holds the lock, 73 when the directory cannot be written, 70 when a line is not
    ///   one that `boot` writes.
    static func open(directory: String) throws(OperationError) -> Journal {
        let path = FilePath(directory).appending("journal")
        while true {
            let made = try makeDirectories(directory)
            let file = try open(path, directory)
            if flock(file.rawValue, LOCK_EX | LOCK_NB) != 0 { throw busy(path, Errno(rawValue: errno)) }
            // The last holder may have removed the file between open and flock: a lock on a removed file excludes nobody.
            guard isStill(file.rawValue, path) else { continue }
            let journal = Journal(file: file, path: path, entries: try read(path), madeDirectories: made)
            if !journal.isEmpty { try journal.rewrite() }
            return journal
        }
    }

    /// Above the fixed numbers at which `Exec` hands descriptors to QEMU.
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
                remedy: "make \(directory) writable, or set state.run to another directory", exit: ExitStatus.cantCreate)
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
                "lock journal", path.string, cause: "another process holds it", remedy: "wait until it ends, or power its guest off",
                exit: ExitStatus.tempFail)
        }
        let command = FileRoot.live.line("/proc/\(holder.pid)/comm") ?? ""
        return OperationError(
            "lock journal", path.string,
            cause: command == "boot" ? "another boot is at work, process \(holder.pid)" : "a guest is running, process \(holder.pid)",
            remedy: command == "boot" ? "wait until it ends" : "power the guest off first: a machine runs one guest at a time",
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
                "read journal", path.string, cause: "boot did not write this line: \(line.prefix(80))",
                remedy: "remove the file, and undo by hand what an earlier run changed", exit: ExitStatus.software)
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

    /// Undoes what an earlier run left behind, and begins a new journal.
    /// - Parameter perform: carries out one undo; tests record it instead.
    static func fresh(directory: String, by perform: (Undo) throws -> Void = { try $0.perform() }) throws(OperationError) -> Journal {
        var journal = try open(directory: directory)
        if !journal.isEmpty {
            let left = journal.unwind(by: perform)
            guard left.isEmpty else {
                throw OperationError(
                    "undo", "the changes of an earlier run", cause: left.joined(separator: "; "),
                    remedy: "run boot down, or undo them by hand",
                    exit: ExitStatus.osError)
            }
            // The file went with the last entry.
            journal = try open(directory: directory)
            journal.undidEarlierRun = true
        }
        try journal.begin()
        return journal
    }

    /// Replaces the content by the journal's own entries.
    mutating func begin() throws(OperationError) {
        // Undone in reverse: the journal and its directories are removed last.
        entries = madeDirectories.map { .removeDirectory($0) } + [.removeFile(path.string)]
        try rewrite()
    }

    private func rewrite() throws(OperationError) {
        guard ftruncate(file.rawValue, 0) == 0 else { throw failure("begin", Errno(rawValue: errno)) }
        try append((["{\"pid\":\(getpid())}"] + entries.map(\.line)).joined(separator: "\n"))
    }

    /// Records how to undo a change that is about to be made. An entry that is there already keeps its place: the oldest state is
    /// the one to restore.
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

    /// Undoes all entries, the newest first. A failure does not stop it.
    ///
    /// The journal is removed when everything was undone; entries that failed stay for the next try.
    /// - Parameters:
    ///   - first: how many of the oldest entries to keep: those of an earlier stage.
    ///   - perform: carries out one undo; tests record it instead.
    /// - Returns: a message for each failure.
    mutating func unwind(after first: Int = 0, by perform: (Undo) throws -> Void = { try $0.perform() }) -> [String] {
        var failures: [String] = []
        // The journal itself and its directories, which are removed only when no entry is left.
        let own = entries.firstIndex(of: .removeFile(path.string)).map { $0 + 1 } ?? 0
        let oldest = max(own, min(first, entries.count))
        var kept = Journal.undo(entries[oldest...], by: perform, &failures)
        if first > 0 || !kept.isEmpty {
            kept = entries[..<oldest] + kept
        } else {
            kept = Journal.undo(entries[..<oldest], by: perform, &failures)
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

    /// - Returns: the entries that failed, in the order in which they were recorded.
    private static func undo(_ entries: ArraySlice<Undo>, by perform: (Undo) throws -> Void, _ failures: inout [String]) -> [Undo] {
        var kept: [Undo] = []
        for undo in entries.reversed() {
            do {
                try perform(undo)
            } catch {
                failures.append("\(undo.title): \(error)")
                kept.append(undo)
            }
        }
        return kept.reversed()
    }

    /// Keeps the lock over execve(2): QEMU holds it until it ends.
    func keepOverExec() -> Bool { fcntl(file.rawValue, F_SETFD, 0) == 0 }

    static func exists(directory: String) -> Bool { FileRoot.live.exists(FilePath(directory).appending("journal").string) }
}
