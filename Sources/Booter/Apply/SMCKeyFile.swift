import Diagnostics
import Glibc
import LinuxSupport
import SystemPackage

/// The key that QEMU's SMC answers macOS with. It is a user's own: it stands in no plan, no log and no command line.
///
/// QEMU takes it as a property of a device, and devices also come from a file (-readconfig), which it reads as root before it
/// changes its user.
enum SMCKeyFile {
    /// Characters of Apple's key: the values OSK0 and OSK1 of the SMC, 32 each.
    static let length = 64

    /// - Throws: `OperationError`, which never has the key in it.
    static func copy(from: String, to: String) throws(OperationError) {
        guard let status = FileStatus(.live, from) else {
            throw failure(from, "it is not there", remedy: "check guest.osk_file", exit: ExitStatus.noInput)
        }
        // A pipe would be waited for, and nobody may be there who writes.
        guard status.isRegular else { throw failure(from, "it is not a file", remedy: "check guest.osk_file", exit: ExitStatus.config) }
        guard status.owner == 0 || status.owner == Int(geteuid()) else {
            throw failure(
                from, "it belongs to another user (ID \(status.owner)), who can read and change it", remedy: "chown root \(from)",
                exit: ExitStatus.config)
        }
        guard status.mode & 0o077 == 0 else {
            throw failure(
                from, "others than its owner may read or write it (mode 0\(String(status.mode, radix: 8)))", remedy: "chmod 600 \(from)",
                exit: ExitStatus.config)
        }
        var key: [UInt8]
        do {
            key = try FileRoot.live.prefix(from, bytes: 4096)
        } catch {
            throw failure(from, error.description, remedy: "check guest.osk_file", exit: ExitStatus.noInput)
        }
        while let last = key.last, last == 0x0a || last == 0x0d { key.removeLast() }
        // A quote would end the value in QEMU's configuration. No key has one.
        guard key.count == length, key.allSatisfy({ 0x20...0x7e ~= $0 && $0 != 0x22 }) else {
            throw failure(
                from, "it has \(key.count) characters, and a key has \(length) printable ones", remedy: "put the key alone into it",
                exit: ExitStatus.config)
        }
        try StateFile.write(
            to, Array("[device \"smc\"]\n  driver = \"isa-applesmc\"\n  osk = \"".utf8) + key + Array("\"\n".utf8), mode: 0o400)
    }

    private static func failure(_ path: String, _ cause: String, remedy: String, exit: ExitStatus) -> OperationError {
        OperationError("read the SMC's key", path, cause: cause, remedy: remedy, exit: exit)
    }
}
