import Diagnostics
import FoundationEssentials
import Glibc
import LinuxSupport
import SystemPackage

/// The list of changes to this machine, each recorded before it is made.
///
/// A file of JSON lines below state.run. Lines are only appended: a kill in the middle of a write leaves an incomplete last line,
/// whose change was never made. To remove some entries and keep others, a new file replaces the old one by rename(2).
struct Journal: ~Copyable {
    private let lock: RunLock
    private let directory: StateDirectory
    /// For appending; opened by the first record.
    private var file: OwnedDescriptor?
    /// Bytes of complete lines in the file.
    private var length: Int
    private(set) var entries: [Undo]
    /// Whether `fresh` had something to undo: facts that were read before are out of date.
    private(set) var undidEarlierRun = false

    private var path: String { directory.path + "/journal" }

    /// Its descriptor is above those that `Exec` hands to QEMU, and is not handed over.
    private static let lowestDescriptor: Int32 = 80

    /// Creates the state directory where it is missing, locks it and reads what an earlier run recorded.
    /// - Parameter network: the file of the network namespace to lock; nil in tests that leave the network alone.
    /// - Throws: exit 75 when a guest or another `boot` holds a lock, 73 when the directory cannot be written, 78 when other users can
    ///   write to it, 70 when a line is not one that `boot` writes.
    static func open(directory: String, network: String? = nil) throws(OperationError) -> Journal {
        let state = StateDirectory(path: directory)
        let lock = try RunLock.take(state, network: network)
        let (entries, length) = try read(directory + "/journal", run: directory)
        return Journal(lock: lock, directory: state, length: length, entries: entries)
    }

    private init(lock: consuming RunLock, directory: StateDirectory, length: Int, entries: [Undo]) {
        self.lock = lock
        self.directory = directory
        self.length = length
        self.entries = entries
    }

    /// - Returns: the entries, and the bytes of their lines without an incomplete last one.
    private static func read(_ path: String, run: String) throws(OperationError) -> (entries: [Undo], length: Int) {
        let text: String
        do {
            text = try FileRoot.live.text(path)
        } catch .noSuchFileOrDirectory {
            return ([], 0)
        } catch {
            throw OperationError("read journal", path, cause: error.description, exit: ExitStatus.osError)
        }
        return try parse(text, path: path, run: run)
    }

    /// - Parameter run: the state directory that the entries must stay within.
    static func parse(_ text: String, path: String, run: String) throws(OperationError) -> (entries: [Undo], length: Int) {
        guard let end = text.utf8.lastIndex(of: UInt8(ascii: "\n")) else { return ([], 0) }
        var entries: [Undo] = []
        for line in text[..<end].split(separator: "\n") {
            guard let undo = try? JSONDecoder().decode(Undo.self, from: Data(line.utf8)), undo.isOurs(run: run) else {
                throw OperationError(
                    "read journal", path, cause: "boot did not write this line: \(String(line.prefix(80)).printable)",
                    remedy: "remove the file, and undo by hand what an earlier run changed", exit: ExitStatus.software)
            }
            entries.append(undo)
        }
        return (entries, text.utf8.distance(from: text.startIndex, to: end) + 1)
    }

    var isEmpty: Bool { entries.isEmpty }

    static func exists(directory: String) -> Bool { FileRoot.live.exists(directory + "/journal") }

    /// Undoes what an earlier run left behind, and begins a new journal.
    /// - Parameter perform: carries out one undo; tests record it instead.
    static func fresh(
        directory: String, network: String? = nil, by perform: (Undo) throws -> Void = { try $0.perform() }
    ) throws(OperationError) -> Journal {
        var journal = try open(directory: directory, network: network)
        guard !journal.isEmpty else { return journal }
        let left = journal.undoAll(after: 0, by: perform)
        guard left.isEmpty else {
            throw OperationError(
                "undo", "the changes of an earlier run", cause: left.joined(separator: "; "), remedy: "run boot down, or undo them by hand",
                exit: ExitStatus.osError)
        }
        journal.undidEarlierRun = true
        return journal
    }

    /// Records how to undo a change that is about to be made. An existing entry stays where it is, because the oldest state is
    /// the one to restore.
    ///
    /// Not synced to the disk: the journal must survive a kill of this process. A power cut undoes the changes as well.
    mutating func record(_ undo: Undo) throws(OperationError) {
        guard !entries.contains(undo) else { return }
        guard undo.isOurs(run: directory.path) else {
            throw OperationError("record", undo.title, cause: "boot down would refuse it", exit: ExitStatus.software)
        }
        if file == nil { file = try append() }
        guard let descriptor = file?.descriptor else { return }
        let line = Array((undo.line + "\n").utf8)
        do {
            try descriptor.writeAll(line)
        } catch {
            // Half a line must not become the beginning of the next one.
            ftruncate(descriptor.rawValue, off_t(length))
            throw failure("write", error as? Errno ?? .ioError)
        }
        length += line.count
        entries.append(undo)
    }

    /// Opens the file to append to it, without an incomplete last line.
    private func append() throws(OperationError) -> OwnedDescriptor {
        let low = Glibc.open(path, O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW | O_CLOEXEC, 0o600)
        guard low >= 0 else { throw failure("open", Errno(rawValue: errno)) }
        let opened = OwnedDescriptor(adopting: low)
        let high = fcntl(opened.rawValue, F_DUPFD_CLOEXEC, Self.lowestDescriptor)
        guard high >= 0 else { throw failure("open", Errno(rawValue: errno)) }
        let file = OwnedDescriptor(adopting: high)
        guard ftruncate(file.rawValue, off_t(length)) == 0 else { throw failure("open", Errno(rawValue: errno)) }
        return file
    }

    private func failure(_ verb: String, _ error: Errno) -> OperationError {
        OperationError(
            "\(verb) journal", path, cause: error.description,
            remedy: "make \(directory.path) writable, or set state.run to another directory", exit: ExitStatus.cantCreate)
    }

    /// Undoes all entries, the newest first. A failure does not stop it.
    ///
    /// The journal is removed when everything was undone; entries that failed stay for the next try. The file keeps all its entries
    /// until then: a kill on the way leaves a journal that can be undone again from its end.
    /// - Parameters:
    ///   - first: how many of the oldest entries to keep: those of an earlier stage.
    ///   - perform: carries out one undo; tests record it instead.
    /// - Returns: a message for each failure.
    mutating func unwind(after first: Int = 0, by perform: (Undo) throws -> Void = { try $0.perform() }) -> [String] {
        let failures = undoAll(after: first, by: perform)
        guard entries.isEmpty else { return failures }
        // In this order: a directory with the mark and no journal in it is removed by the next `boot down`.
        lock.remove()
        directory.remove()
        return failures
    }

    private mutating func undoAll(after first: Int, by perform: (Undo) throws -> Void) -> [String] {
        var failures: [String] = []
        let oldest = min(max(first, 0), entries.count)
        var kept: [Undo] = []
        for undo in entries[oldest...].reversed() {
            do {
                try perform(undo)
            } catch {
                failures.append("\(undo.title): \(error)")
                kept.append(undo)
            }
        }
        entries = entries[..<oldest] + kept.reversed()
        file = nil
        length = 0
        unlink(path + ".new")
        if entries.isEmpty {
            if unlink(path) != 0, errno != ENOENT { failures.append("\(failure("remove", Errno(rawValue: errno)))") }
            return failures
        }
        do {
            let lines = entries.map { $0.line + "\n" }.joined()
            try StateFile.write(path, lines.utf8, mode: 0o600)
            length = lines.utf8.count
        } catch {
            failures.append("\(error)")
        }
        return failures
    }

    /// The locks, for a QEMU that is a child.
    var lockDescriptors: [Int32] { lock.descriptors }

    /// Keeps the locks over execve(2): QEMU holds them until it ends.
    func keepLocksOverExec() -> Bool { lock.keepOverExec() }
}
