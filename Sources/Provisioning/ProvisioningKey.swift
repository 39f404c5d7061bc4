package import BootSettings
package import Diagnostics
import HostSupport
import LinuxSupport
package import SystemPackage

/// A setting as text, of the file or of an option: its name, what it accepts, and where it goes.
///
/// The file, the options and the table in docs/provisioning.md follow `all`.
package struct ProvisioningKey: Sendable {
    /// "user.name": section and key of the TOML file.
    package let name: String
    package let option: String
    package let help: String
    /// The accepted values.
    package let expected: String
    fileprivate let assign: @Sendable (ConfigurationInput, FilePath, inout ProvisioningDraft) throws(Refusal) -> Void

    /// Why a value was refused; nil when it is simply not what the key expects.
    struct Refusal: Error { var detail: String? }

    package static let all: [ProvisioningKey] = account + system + software

    private static let account = [
        text("user.name", "--user", "the short name of the account", AccountName.expected, AccountName.accepts) { $1.name = $0 },
        text("user.full_name", "--full-name", "its full name; without one, the short name", "1 to 255 characters in a line", isLine) {
            $1.fullName = $0
        },
        path("user.password_file", "--password-file", "a file whose first line is its password") { $1.passwordFile = $0 },
        text(
            "user.password_hash", "--password-hash", "its password as macOS keeps it", "$ml$ITERATIONS$SALT$HASH with 32 and 128 bytes",
            { PasswordHash($0) != nil }, { $1.passwordHash = PasswordHash($0) }),
        list("user.ssh_keys", "--ssh-key", "public keys that may log in by SSH", "public SSH keys, or files with them") {
            $1.sshKeys += $0
        },
        toggle("user.admin", nil, "whether it is an administrator: yes by default") { $1.isAdministrator = $0 },
        toggle("user.sudo_without_password", "--sudo-without-password", "let it become root without a password") { $1.freeSudo = $0 },
        toggle("user.auto_login", "--auto-login", "log it in at each start: its password can be read in the image") {
            $1.automaticLogin = $0
        },
    ]

    private static let system = [
        text("system.host_name", "--host-name", "the name of the Mac", HostName.expected, HostName.accepts) { $1.plain.hostName = $0 },
        text("system.time_zone", "--time-zone", "the time zone", "a name such as Europe/Berlin", isTimeZone) { $1.plain.timeZone = $0 },
        toggle("system.remote_login", "--remote-login", "start the SSH server") { $1.plain.remoteLogin = $0 },
        toggle("system.never_sleep", "--never-sleep", "neither sleep nor switch the screen off") { $1.plain.neverSleep = $0 },
        toggle("system.skip_setup_assistant", "--skip-setup-assistant", "do not ask the questions of the first start") {
            $1.plain.skipSetupAssistant = $0
        },
    ]

    private static let software = [
        list("software.packages", "--package", "further installer packages, in this order", "files") { $1.packages += $0 },
        path("software.script", "--script", "a script that root runs at the end of the first start") { $1.plain.script = $0 },
    ]

    package static func named(_ name: String) -> ProvisioningKey? { all.first { $0.name == name } }

    /// - Parameter directory: what relative paths in the value begin at.
    /// - Throws: `usage` or `config` by the origin, with what was expected.
    package func set(
        _ input: ConfigurationInput, _ origin: String, below directory: FilePath, exit: ExitStatus, in draft: inout ProvisioningDraft
    ) throws(OperationError) {
        do throws(Refusal) {
            try assign(input, directory, &draft)
        } catch {
            let problem = error.detail.map { ": \($0); expected " } ?? " is not "
            throw OperationError("read", name, cause: "\(input.description) (\(origin))\(problem)\(expected)", exit: exit)
        }
    }

    // MARK: the forms of values

    private static func text(
        _ name: String, _ option: String, _ help: String, _ expected: String, _ accepts: @escaping @Sendable (String) -> Bool,
        _ set: @escaping @Sendable (String, inout ProvisioningDraft) -> Void
    ) -> ProvisioningKey {
        ProvisioningKey(name: name, option: option, help: help, expected: expected) { (input, _, draft) throws(Refusal) in
            guard case .text(let text) = input, accepts(text) else { throw Refusal() }
            set(text, &draft)
        }
    }

    private static func toggle(
        _ name: String, _ option: String?, _ help: String, _ set: @escaping @Sendable (Bool, inout ProvisioningDraft) -> Void
    ) -> ProvisioningKey {
        ProvisioningKey(name: name, option: option ?? "", help: help, expected: "true or false") { (input, _, draft) throws(Refusal) in
            guard case .boolean(let value) = input else { throw Refusal() }
            set(value, &draft)
        }
    }

    private static func path(
        _ name: String, _ option: String, _ help: String, _ set: @escaping @Sendable (FilePath, inout ProvisioningDraft) -> Void
    ) -> ProvisioningKey {
        ProvisioningKey(name: name, option: option, help: help, expected: "the name of a file") {
            (input, directory, draft) throws(Refusal) in
            guard case .text(let text) = input, !text.isEmpty, isLine(text) else { throw Refusal() }
            set(directory.pushing(FilePath(text)), &draft)
        }
    }

    private static func list(
        _ name: String, _ option: String, _ help: String, _ expected: String,
        _ set: @escaping @Sendable ([ProvisioningDraft.Given], inout ProvisioningDraft) -> Void
    ) -> ProvisioningKey {
        ProvisioningKey(name: name, option: option, help: help, expected: "a list of " + expected) {
            (input, directory, draft) throws(Refusal) in
            let items = input.texts
            guard !items.isEmpty, items.allSatisfy({ !$0.isEmpty && $0.utf8.count <= 1 << 16 && isLine($0, limit: 1 << 16) }) else {
                throw Refusal()
            }
            set(items.map { ProvisioningDraft.Given(text: $0, path: directory.pushing(FilePath($0))) }, &draft)
        }
    }

    private static func isLine(_ text: String) -> Bool { isLine(text, limit: 255) }

    private static func isLine(_ text: String, limit: Int) -> Bool {
        !text.isEmpty && text.utf8.count <= limit && !text.unicodeScalars.contains(where: ConfigurationInput.isControl)
    }

    /// Names of directories and files of the time zone database: letters, digits and a few marks, no part of dots.
    private static func isTimeZone(_ text: String) -> Bool {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        return text.utf8.count <= 64
            && parts.allSatisfy { part in
                !part.isEmpty
                    && part.unicodeScalars.allSatisfy {
                        $0.isASCII && ($0.properties.isAlphabetic || "0123456789_+-".unicodeScalars.contains($0))
                    }
            }
    }
}

/// The short name of an account.
package enum AccountName {
    static let expected = "1 to 31 lower-case letters, digits, - and _, beginning with a letter, and no name that macOS uses itself"
    /// Accounts and groups of macOS; all others of its own begin with an underscore.
    private static let taken: Set<String> = [
        "admin", "bin", "daemon", "guest", "localaccounts", "nobody", "root", "shared", "staff", "sys", "wheel",
    ]

    package static func accepts(_ text: String) -> Bool {
        guard (1...31).contains(text.utf8.count), let first = text.utf8.first, isLetter(first) else { return false }
        return text.utf8.allSatisfy { isLetter($0) || isDigit($0) || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: "_") }
            && !taken.contains(text)
    }

    static func isLetter(_ byte: UInt8) -> Bool { (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) }
    static func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }
}

/// A host name: RFC 1123, labels of letters, digits and hyphens.
package enum HostName {
    static let expected = "labels of letters, digits and hyphens with dots between them, at most 253 characters"

    package static func accepts(_ text: String) -> Bool {
        text.utf8.count <= 253
            && text.split(separator: ".", omittingEmptySubsequences: false).allSatisfy { label in
                (1...63).contains(label.utf8.count) && label.first != "-" && label.last != "-"
                    && label.utf8.allSatisfy { AccountName.isLetter($0 | 0x20) || AccountName.isDigit($0) || $0 == UInt8(ascii: "-") }
            }
    }
}
