import BootSettings
import CLinux
import Diagnostics
import Glibc
import LinuxSupport
import SystemPackage

/// The last step: this process becomes QEMU.
///
/// The tap and the journal's lock end with QEMU's descriptors. The next `boot run`, or `boot down`, undoes the rest by the journal.
enum Exec {
    /// Returns only by throwing when execve(2) fails; the caller then unwinds.
    static func become(_ invocation: QemuInvocation, _ applier: borrowing Applier) throws(OperationError) {
        try become(invocation, tap: applier.tapDescriptors, vhost: applier.vhost.numbers, applier)
    }

    /// - Parameters:
    ///   - tap: the descriptors that get the invocation's numbers, and `vhost` likewise.
    static func become(
        _ invocation: QemuInvocation, tap: [Int32], vhost: [Int32], _ applier: borrowing Applier
    ) throws(OperationError) {
        // Includes descriptors that `boot` inherited without the flag, from a shell or a service manager.
        closeOnExec(from: 3)
        try hand(tap, to: invocation.tapDescriptors)
        try hand(vhost, to: invocation.vhostDescriptors)
        guard applier.journal.keepLocksOverExec(), applier.claims.keepOverExec() else {
            throw failure("keep locks for", invocation, Errno(rawValue: errno))
        }
        // QEMU gives up root by itself (-runas). From here on no set-user-ID program and no file capability can give it back.
        guard mv_no_new_privileges() == 0 else { throw failure("restrict", invocation, Errno(rawValue: errno)) }
        umask(mode_t(fileModeMask))
        CStrings.with(invocation.argv) { argv in
            CStrings.with(environment) { envp in _ = execve(invocation.binary, argv, envp) }
        }
        throw failure("execute", invocation, Errno(rawValue: errno))
    }

    /// Moves descriptors to the numbers that the command line names, and keeps them open over execve(2).
    ///
    /// In two moves, because one of the descriptors may hold a number that another one has to get.
    static func hand(_ descriptors: [Int32], to numbers: [Int32]) throws(OperationError) {
        guard descriptors.count == numbers.count else {
            throw OperationError(
                "hand over", "descriptors", cause: "\(descriptors.count) for \(numbers.count) numbers", exit: ExitStatus.software)
        }
        let above = (numbers.max() ?? 0) + 64
        for (descriptor, number) in zip(descriptors.map({ fcntl($0, F_DUPFD_CLOEXEC, above) }), numbers) {
            guard descriptor >= 0, dup2(descriptor, number) >= 0 else {
                throw OperationError(
                    "hand over", "descriptor \(number)", cause: Errno(rawValue: errno).description, exit: ExitStatus.osError)
            }
        }
    }

    /// umask(2) of QEMU, which creates its sockets and log files with it.
    static let fileModeMask: UInt16 = 0o077

    /// QEMU's whole environment. It must not see root's own, which may hold passwords and tokens.
    static let environment = ["PATH=/usr/sbin:/usr/bin:/sbin:/bin"]

    private static func closeOnExec(from first: Int32) {
        guard mv_close_on_exec_from(UInt32(first)) != 0 else { return }
        // Before Linux 5.11.
        for number in FileRoot.live.list("/proc/self/fd").compactMap({ Int32($0) }) where number >= first {
            _ = fcntl(number, F_SETFD, FD_CLOEXEC)
        }
    }

    private static func failure(_ operation: String, _ invocation: QemuInvocation, _ error: Errno) -> OperationError {
        OperationError(operation, invocation.binary, cause: error.description, remedy: "check qemu.binary", exit: ExitStatus.osFile)
    }
}

/// The owner of several descriptors: an array cannot hold values that cannot be copied.
struct DescriptorSet: ~Copyable {
    private(set) var numbers: [Int32] = []

    init() {}

    mutating func add(_ descriptor: consuming OwnedDescriptor) { numbers.append(descriptor.take()) }

    /// Keeps them over execve(2).
    func keepOverExec() -> Bool { numbers.allSatisfy { fcntl($0, F_SETFD, 0) == 0 } }

    deinit { for number in numbers { close(number) } }
}
