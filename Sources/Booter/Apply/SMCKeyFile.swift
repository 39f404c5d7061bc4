import Diagnostics
import Glibc
import LinuxSupport
import SystemPackage

/// The key that QEMU's SMC answers macOS with. The user supplies it, and no plan, log or command line contains it.
///
/// QEMU takes it as a property of a device, and devices also come from a file (-readconfig), which it reads as root before it
/// changes its user.
enum SMCKeyFile {
    /// Characters of Apple's key: the values OSK0 and OSK1 of the SMC, 32 each.
    static let length = 64

    /// - Throws: `OperationError`, which never contains the key.
    static func copy(from: String, to: String) throws(OperationError) {
        guard let status = FileStatus(.live, from) else {
            throw failure(from, "it does not exist", remedy: "check guest.osk_file", exit: ExitStatus.noInput)
        }
        // Reading a FIFO could block forever.
        guard status.isRegular else {
            throw failure(from, "it is not a regular file", remedy: "check guest.osk_file", exit: ExitStatus.config)
        }
        guard status.owner == 0 || status.owner == Int(geteuid()) else {
            throw failure(
                from, "it belongs to user \(status.owner), who can read and change it", remedy: "chown root \(from)",
                exit: ExitStatus.config)
        }
        guard status.mode & 0o077 == 0 else {
            throw failure(
                from, "users other than its owner can read or write it (mode 0\(String(status.mode, radix: 8)))",
                remedy: "chmod 600 \(from)",
                exit: ExitStatus.config)
        }
        var key: [UInt8]
        do {
            key = try FileRoot.live.prefix(from, bytes: 4096)
        } catch {
            throw failure(from, error.description, remedy: "check guest.osk_file", exit: ExitStatus.noInput)
        }
        while let last = key.last, last == 0x0a || last == 0x0d { key.removeLast() }
        // A quotation mark would end the value in QEMU's configuration file; no key contains one.
        guard key.count == length, key.allSatisfy({ 0x20...0x7e ~= $0 && $0 != 0x22 }) else {
            throw failure(
                from, "it has \(key.count) characters, and a key has \(length) printable ones",
                remedy: "write the key, and nothing else, into it",
                exit: ExitStatus.config)
        }
        try StateFile.write(
            to, Array("[device \"smc\"]\n  driver = \"isa-applesmc\"\n  osk = \"".utf8) + key + Array("\"\n".utf8), mode: 0o400)
    }

    private static func failure(_ path: String, _ cause: String, remedy: String, exit: ExitStatus) -> OperationError {
        OperationError("read the SMC's key", path, cause: cause, remedy: remedy, exit: exit)
    }
}
