import BootSettings
import CLinux
import Diagnostics
import Glibc
import SystemPackage

/// The end: this process becomes QEMU.
///
/// Nobody is left to undo anything afterwards, and little has to be: the tap ends with QEMU's descriptors and so does the journal's
/// lock; the next `boot run`, or `boot down`, removes the rest from the journal.
enum Exec {
    /// Returns only by throwing: execve(2) was refused, and the caller unwinds.
    static func become(_ invocation: QemuInvocation, _ applier: borrowing Applier) throws(OperationError) {
        try hand(applier.tapDescriptors, to: invocation.tapDescriptors)
        try hand(applier.vhost.numbers, to: invocation.vhostDescriptors)
        guard applier.journal.keepOverExec() else { throw failure("keep the journal's lock for", invocation, Errno(rawValue: errno)) }
        // QEMU gives root up by itself (-runas) and nothing may give it back: no set-user-id program, no file capability.
        guard mv_no_new_privileges() == 0 else { throw failure("restrict", invocation, Errno(rawValue: errno)) }
        let environment = environment
        CStrings.with(invocation.argv) { argv in
            CStrings.with(environment) { envp in _ = execve(invocation.binary, argv, envp) }
        }
        throw failure("execute", invocation, Errno(rawValue: errno))
    }

    /// Moves descriptors to the numbers that the command line names, open across exec.
    ///
    /// First out of the way of each other: a number that is wanted may be held by another one of them.
    static func hand(_ descriptors: [Int32], to numbers: [Int32]) throws(OperationError) {
        guard descriptors.count == numbers.count else {
            throw OperationError(
                "hand over", "descriptors", cause: "\(descriptors.count) for \(numbers.count) places", exit: ExitStatus.software)
        }
        let above = (numbers.max() ?? 0) + 64
        for (descriptor, number) in zip(descriptors.map({ fcntl($0, F_DUPFD_CLOEXEC, above) }), numbers) {
            guard descriptor >= 0, dup2(descriptor, number) >= 0 else {
                throw OperationError(
                    "hand over", "descriptor \(number)", cause: Errno(rawValue: errno).description, exit: ExitStatus.osError)
            }
        }
    }

    /// Everything that `boot` was given, but its own variables.
    private static var environment: [String] {
        var result: [String] = []
        var entry = environ
        while let variable = entry.pointee {
            let text = String(cString: variable)
            if !text.hasPrefix(ConfigurationEnvironment.prefix) { result.append(text) }
            entry += 1
        }
        return result
    }

    private static func failure(_ operation: String, _ invocation: QemuInvocation, _ error: Errno) -> OperationError {
        OperationError(operation, invocation.binary, cause: error.description, remedy: "check qemu.binary", exit: ExitStatus.osFile)
    }
}
