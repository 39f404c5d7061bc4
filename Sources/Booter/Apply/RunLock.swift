import Diagnostics
import Glibc
import LinuxSupport
import SystemPackage

/// The two locks that keep a second `boot` away from a run, by flock(2) on read-only descriptors.
///
/// One belongs to the state directory and its journal, the other one to the network namespace, whose firewall table and tap all runs
/// share whatever their state.run is. QEMU inherits both descriptors: the kernel knows whether a guest is running, and releases the
/// locks when QEMU ends, however that happens.
struct RunLock: ~Copyable {
    private let file: OwnedDescriptor
    private let network: OwnedDescriptor?
    private let path: String

    /// The network namespace of this process, as a file: its locks are seen by every process in the namespace, in any container.
    static let thisNetwork = "/proc/self/ns/net"

    /// Numbers that QEMU gets them at, above those of the tap and of vhost.
    static let fileNumber: Int32 = 64
    static let networkNumber: Int32 = 65

    /// - Parameters:
    ///   - directory: created where it is missing.
    ///   - network: the file of a network namespace; nil in tests that leave the network alone.
    /// - Throws: exit 75 when a guest or another `boot` holds one of the locks; what `StateDirectory.create` throws.
    static func take(_ directory: StateDirectory, network: String?) throws(OperationError) -> RunLock {
        let path = directory.path + "/lock"
        // The namespace first: a start that is refused creates no directory.
        var held: OwnedDescriptor?
        if let network { held = try lock(network: network) }
        try directory.create()
        return RunLock(file: try lockFile(path), network: held, path: path)
    }

    private init(file: consuming OwnedDescriptor, network: consuming OwnedDescriptor?, path: String) {
        self.file = file
        self.network = network
        self.path = path
    }

    /// Locks the namespace alone.
    static func lock(network: String) throws(OperationError) -> OwnedDescriptor {
        let descriptor = try open(network, O_RDONLY, at: networkNumber)
        guard flock(descriptor.rawValue, LOCK_EX | LOCK_NB) == 0 else { throw busy(network, descriptor.rawValue, Errno(rawValue: errno)) }
        return descriptor
    }

    private static func lockFile(_ path: String) throws(OperationError) -> OwnedDescriptor {
        while true {
            let file = try open(path, O_RDONLY | O_CREAT | O_NOFOLLOW, at: fileNumber)
            guard flock(file.rawValue, LOCK_EX | LOCK_NB) == 0 else { throw busy(path, file.rawValue, Errno(rawValue: errno)) }
            // The last holder may have removed the file between open and flock: a lock on a removed file excludes nobody.
            var (ours, there) = (stat(), stat())
            if fstat(file.rawValue, &ours) == 0, stat(path, &there) == 0, ours.st_ino == there.st_ino, ours.st_dev == there.st_dev {
                return file
            }
        }
    }

    private static func open(_ path: String, _ flags: Int32, at number: Int32) throws(OperationError) -> OwnedDescriptor {
        let low = Glibc.open(path, flags | O_CLOEXEC, 0o600)
        guard low >= 0 else { throw failure(path, Errno(rawValue: errno)) }
        let descriptor = OwnedDescriptor(adopting: low)
        let high = fcntl(descriptor.rawValue, F_DUPFD_CLOEXEC, number)
        guard high >= 0 else { throw failure(path, Errno(rawValue: errno)) }
        return OwnedDescriptor(adopting: high)
    }

    private static func failure(_ path: String, _ error: Errno) -> OperationError {
        OperationError(
            "lock", path, cause: error.description, remedy: "make its directory writable, or set state.run to another directory",
            exit: ExitStatus.cantCreate)
    }

    private static func busy(_ path: String, _ descriptor: Int32, _ error: Errno) -> OperationError {
        guard error == .wouldBlock else { return OperationError("lock", path, cause: error.description, exit: ExitStatus.osError) }
        var status = stat()
        let holder = fstat(descriptor, &status) == 0 ? Self.holder(of: UInt64(status.st_ino)) : nil
        return busy(path, holder)
    }

    private static func busy(_ path: String, _ holder: pid_t?) -> OperationError {
        guard let holder else {
            return OperationError(
                "lock", path, cause: "another process holds it", remedy: "wait until it ends, or power its guest off",
                exit: ExitStatus.tempFail)
        }
        let isBoot = FileRoot.live.line("/proc/\(holder)/comm") == "boot"
        return OperationError(
            "lock", path, cause: isBoot ? "another boot is at work, process \(holder)" : "a guest is running, process \(holder)",
            remedy: isBoot ? "wait until it ends" : "power the guest off first: a machine runs one guest at a time",
            exit: ExitStatus.tempFail)
    }

    /// The process that took an exclusive flock on this inode, by /proc/locks, proc_locks(5): `1: FLOCK ADVISORY WRITE 708 00:1a:77 0 EOF`.
    ///
    /// The device is not compared: btrfs and overlayfs show another one here than stat(2) does.
    private static func holder(of inode: UInt64) -> pid_t? {
        let locks = (try? FileRoot.live.text("/proc/locks")) ?? ""
        for line in locks.lines {
            let fields = line.fields
            guard fields.count > 5, fields[1] == "FLOCK", fields[3] == "WRITE" else { continue }
            if fields[5].split(separator: ":").last.flatMap({ UInt64($0) }) == inode { return pid_t(fields[4]) }
        }
        return nil
    }

    /// Why a run would be refused now: a guest or another `boot` holds a lock. Takes no lock itself and needs no rights.
    static func refusal(directory: String, network: String) -> OperationError? {
        for path in [network, directory + "/lock"] {
            var status = stat()
            if stat(path, &status) == 0, let holder = holder(of: UInt64(status.st_ino)) { return busy(path, holder) }
        }
        return nil
    }

    /// Both, for a QEMU that is a child: it gets them at the same numbers.
    var descriptors: [Int32] {
        switch network {
        case .some(let network): [file.rawValue, network.rawValue]
        case .none: [file.rawValue]
        }
    }

    /// Keeps both over execve(2).
    func keepOverExec() -> Bool {
        guard fcntl(file.rawValue, F_SETFD, 0) == 0 else { return false }
        switch network {
        case .some(let network): return fcntl(network.rawValue, F_SETFD, 0) == 0
        case .none: return true
        }
    }

    /// Removes the lock file; the locks are held on until this value goes away.
    func remove() { unlink(path) }
}
