package import BootSettings
package import Diagnostics
import Foundation
import HostSupport
package import SystemPackage

/// Settings as they were given, before the files that they name are read and what excludes each other is found.
package struct ProvisioningDraft: Sendable {
    /// A text that can be the name of a file.
    struct Given: Sendable {
        var text: String
        var path: FilePath
    }

    /// What needs no further look.
    var plain = ProvisioningSettings()
    var name, fullName: String?
    var passwordFile: FilePath?
    var passwordHash: PasswordHash?
    var sshKeys: [Given] = []
    var isAdministrator: Bool?
    var freeSudo = false
    var automaticLogin = false
    var packages: [Given] = []

    /// Bytes: larger than any file of keys and any password.
    private static let textLimit = 1 << 20

    package init() {}

    /// Adds the settings of a TOML file. What is set later takes precedence; lists grow.
    /// - Throws: `noInput`; `config` for an unknown key or a wrong value, with its line.
    package mutating func add(file: FilePath) throws(OperationError) {
        let bytes = try ConfigurationFile.bytes(file)
        for assignment in try ConfigurationFile.parse(bytes, name: file.string) {
            let place = TOMLLines.line(of: assignment.key, in: bytes).map { "\(file), line \($0)" } ?? file.string
            guard let key = ProvisioningKey.named(assignment.key) else {
                let near = Self.nearest(assignment.key)
                throw OperationError(
                    "read", file.string, cause: "\(ConfigurationInput.quoted(assignment.key)) (\(place)) is no known key",
                    remedy: near.map { "check the spelling: did you mean \($0)?" } ?? "docs/provisioning.md lists the keys", exit: .config)
            }
            try key.set(assignment.input, place, below: Destination.directory(of: file), exit: .config, in: &self)
        }
    }

    /// Adds the value of an option.
    /// - Parameter name: of the key: "user.name".
    package mutating func add(option name: String, _ input: ConfigurationInput) throws(OperationError) {
        guard let key = ProvisioningKey.named(name) else { return }
        try key.set(input, key.option, below: FilePath(absolute: "."), exit: .usage, in: &self)
    }

    /// The key that has the same last part, or the same letters.
    private static func nearest(_ name: String) -> String? {
        let last = name.split(separator: ".").last.map(String.init) ?? name
        func letters(_ text: String) -> String { text.lowercased().filter { $0.isLetter } }
        return ProvisioningKey.all.first { $0.name.hasSuffix("." + last) || letters($0.name) == letters(name) }?.name
    }

    /// Reads the files and checks that the settings fit together.
    /// - Throws: `config` for settings that exclude each other or lack another; `noInput`, `dataError`.
    package func settings() throws(OperationError) -> ProvisioningSettings {
        var settings = plain
        settings.account = try account()
        if settings.remoteLogin, let account = settings.account, account.sshKeys.isEmpty, account.password == nil {
            throw Self.conflict(
                "system.remote_login", "the account has neither a password nor an SSH key: nobody could log in",
                "add user.ssh_keys or user.password_file")
        }
        for package in packages {
            try Self.check(package.path, magic: Array("xar!".utf8), "an installer package, which begins with \"xar!\"")
            settings.packages.append(package.path)
        }
        if let script = settings.script { try Self.check(script, magic: Array("#!".utf8), "a script that begins with \"#!\"") }
        return settings
    }

    private func account() throws(OperationError) -> ProvisioningSettings.Account? {
        guard let name else {
            let others = [
                ("user.full_name", fullName != nil), ("user.password_file", passwordFile != nil),
                ("user.password_hash", passwordHash != nil),
                ("user.ssh_keys", !sshKeys.isEmpty), ("user.admin", isAdministrator != nil), ("user.sudo_without_password", freeSudo),
                ("user.auto_login", automaticLogin),
            ]
            guard let other = others.first(where: { $0.1 }) else { return nil }
            throw Self.conflict(other.0, "there is no account that it could be for", "add user.name")
        }
        var account = ProvisioningSettings.Account(name: name)
        (account.fullName, account.sudoWithoutPassword) = (fullName, freeSudo)
        account.isAdministrator = isAdministrator ?? true
        if passwordFile != nil && passwordHash != nil {
            throw Self.conflict(
                "user.password_hash", "the password is given twice", "leave out one of user.password_file and user.password_hash")
        }
        let password = try passwordFile.map { (path) throws(OperationError) in try Self.password(path) }
        account.password = try password.map { (text) throws(OperationError) in try PasswordHash(of: text) } ?? passwordHash
        account.sshKeys = try keys()
        if automaticLogin {
            guard let password else {
                throw Self.conflict(
                    "user.auto_login", "macOS needs the password itself for it, not its hash", "add user.password_file")
            }
            account.automaticLogin = LoginPassword.file(password)
        }
        return account
    }

    private func keys() throws(OperationError) -> [String] {
        var keys: [String] = []
        for given in sshKeys {
            if SSHKey.accepts(given.text) {
                keys.append(given.text)
                continue
            }
            // A key has blanks; a name of a file with them can still be meant.
            let text = String(decoding: try InputFile.read(given.path, limit: Self.textLimit), as: UTF8.self)
            guard let found = SSHKey.keys(text) else {
                throw OperationError(
                    "read", given.path.string, cause: "it has a line that is no public SSH key",
                    remedy: "name a file such as ~/.ssh/id_ed25519.pub",
                    exit: .dataError)
            }
            keys += found
        }
        return keys
    }

    private static func password(_ path: FilePath) throws(OperationError) -> String {
        let data = try InputFile.read(path, limit: textLimit)
        let line = data.prefix { $0 != UInt8(ascii: "\n") && $0 != UInt8(ascii: "\r") }
        guard let text = String(validating: line, as: UTF8.self), !text.isEmpty, text.utf8.count <= 255, !text.utf8.contains(0) else {
            throw OperationError(
                "read", path.string, cause: "its first line is no password", remedy: "write 1 to 255 bytes of UTF-8 into the first line",
                exit: .dataError)
        }
        return text
    }

    private static func check(_ path: FilePath, magic: [UInt8], _ expected: String) throws(OperationError) {
        guard try InputFile.head(path, count: magic.count).elementsEqual(magic) else {
            throw OperationError("read", path.string, cause: "it is not \(expected)", remedy: "name another file", exit: .dataError)
        }
    }

    private static func conflict(_ key: String, _ cause: String, _ remedy: String) -> OperationError {
        OperationError("read", key, cause: cause, remedy: remedy, exit: .config)
    }
}

/// Where a key is in a TOML text: the parser does not say.
enum TOMLLines {
    /// The line of `section.key`, from 1; nil when it is written in another way, such as in one line with its section.
    static func line(of name: String, in bytes: [UInt8]) -> Int? {
        let lines = String(decoding: bytes, as: UTF8.self).split(separator: "\n", omittingEmptySubsequences: false)
        var section = ""
        for (index, line) in lines.enumerated() {
            let text = line.trimmingCharacters(in: .whitespaces)
            if text.hasPrefix("[") {
                section = String(text.dropFirst().prefix { $0 != "]" }).trimmingCharacters(in: .whitespaces)
                if section == name { return index + 1 }
                continue
            }
            guard let equals = text.firstIndex(of: "=") else { continue }
            let key = text[..<equals].trimmingCharacters(in: .whitespaces).filter { $0 != "\"" && $0 != "'" }
            if (section.isEmpty ? key : "\(section).\(key)") == name { return index + 1 }
        }
        return nil
    }
}
