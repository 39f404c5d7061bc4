import BootSettings
import Diagnostics
import Foundation
import MediaSamples
import SystemPackage
import TestSupport
import Testing

@testable import Provisioning

/// Settings from a file and from options.
@Suite struct SettingsTests {
    private static let key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl ann@example"

    private static func settings(_ text: String, files: [String: String] = [:]) throws -> ProvisioningSettings {
        try Samples.withDirectory { directory in
            for (name, content) in files { try Data(content.utf8).write(to: directory.appending(path: name)) }
            let file = directory.appending(path: "p.toml")
            try Data(text.utf8).write(to: file)
            var draft = ProvisioningDraft()
            try draft.add(file: FilePath(file.path))
            return try draft.settings()
        }
    }

    @Test("The document has every key, with its option and its value")
    func document() throws {
        let path = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../docs/provisioning.md")
        let text = try String(contentsOf: path, encoding: .utf8)
        let table = try #require(
            text.components(separatedBy: "<!-- provisioning:begin -->").last?.components(separatedBy: "<!-- provisioning:end -->").first)
        let rows = ProvisioningKey.all.map { key in
            "| `\(key.name)` | \(key.option.isEmpty ? "" : "`\(key.option)`") | \(key.expected) | \(key.help) |"
        }
        #expect(table.split(separator: "\n").dropFirst(2).map(String.init) == rows)
    }

    @Test("Nothing is on by default")
    func defaults() throws {
        #expect(try Self.settings("") == ProvisioningSettings())
        #expect(try ProvisioningDraft().settings() == ProvisioningSettings())
    }

    @Test("Every key of a file")
    func all() throws {
        let settings = try Self.settings(
            """
            [user]
            name = "ann"
            full_name = "Ann Example"
            password_file = "password"
            ssh_keys = ["\(Self.key)", "keys"]
            admin = false
            sudo_without_password = true
            auto_login = true
            [system]
            host_name = "mac-1.example"
            time_zone = "America/Argentina/Buenos_Aires"
            remote_login = true
            never_sleep = true
            skip_setup_assistant = true
            [software]
            packages = ["b.pkg", "a.pkg"]
            script = "first"
            """,
            files: [
                "password": "pass word\nnot this\n", "keys": "# mine\n\n\(Self.key)2\n", "b.pkg": "xar!b", "a.pkg": "xar!a",
                "first": "#!/bin/sh\n",
            ])
        let account = try #require(settings.account)
        #expect(account.name == "ann" && account.fullName == "Ann Example" && !account.isAdministrator && account.sudoWithoutPassword)
        #expect(account.sshKeys == [Self.key, Self.key + "2"])
        let password = try #require(account.password)
        #expect(try password == PasswordHash(of: "pass word", iterations: password.iterations, salt: password.salt))
        #expect(account.automaticLogin == LoginPassword.file("pass word"))
        #expect(settings.hostName == "mac-1.example" && settings.timeZone == "America/Argentina/Buenos_Aires")
        #expect(settings.remoteLogin && settings.neverSleep && settings.skipSetupAssistant)
        #expect(settings.packages.map { $0.lastComponent?.string } == ["b.pkg", "a.pkg"])
        #expect(settings.script?.lastComponent?.string == "first")
    }

    @Test(
        "A mistake is named with its line",
        arguments: [
            ("[user]\nnmae = \"ann\"\n", "line 2"),
            ("[user]\nname = \"ann\"\n\n[system]\nhostname = \"a\"\n", "did you mean system.host_name?"),
            ("[user]\nname = \"Ann\"\n", "line 2"), ("[user]\nname = \"root\"\n", "no name that macOS uses itself"),
            ("[system]\nremote_login = \"yes\"\n", "true or false"), ("[system]\ntime_zone = \"../etc\"\n", "Europe/Berlin"),
            ("[system]\nhost_name = \"-a\"\n", "labels"), ("name = \"ann\"\n", "line 1"), ("[user]\nadmin = true\n", "add user.name"),
            ("[user]\nname = \"a\"\nauto_login = true\n", "add user.password_file"),
            ("[user]\nname = \"a\"\n[system]\nremote_login = true\n", "nobody could log in"),
            ("[user]\nname = \"a\"\npassword_hash = \"$6$abc\"\n", "$ml$"),
            ("[user]\nname = \"a\"\nssh_keys = [\"none\"]\n", "no such file"),
            ("[user]\nname = \"a\"\nssh_keys = \"p.toml\"\n", "no public SSH key"), ("[software]\npackages = [\"p.toml\"]\n", "xar!"),
            ("[software]\nscript = \"p.toml\"\n", "#!"), ("[user]\nfull_name = \"a\\nb\"\nname = \"a\"\n", "line 2"), ("[user\n", "parse"),
        ])
    func mistakes(text: String, said: String) throws {
        #expect { try Self.settings(text) } throws: { error in
            guard let error = error as? OperationError else { return false }
            return error.description.contains(said) && [.config, .dataError, .noInput].contains(error.exit)
        }
    }

    @Test("Options follow the file, and lists grow")
    func options() throws {
        var draft = ProvisioningDraft()
        try draft.add(option: "user.name", .text("bob"))
        try draft.add(option: "user.ssh_keys", .list([Self.key]))
        try draft.add(option: "user.ssh_keys", .list([Self.key + "2"]))
        #expect(try draft.settings().account?.sshKeys.count == 2)
        #expect { try draft.add(option: "user.name", .text("no blanks")) } throws: { ($0 as? OperationError)?.exit == .usage }
    }

    @Test("The hash of a password is what hashlib computes, and its text is read back")
    func hash() throws {
        let salt = (0..<32).map { UInt8($0 * 7) }
        let hash = try PasswordHash(of: "pässword", iterations: 12_345, salt: salt)
        let script = """
            import hashlib, sys
            salt = bytes(i * 7 for i in range(32))
            print("$ml$12345$" + salt.hex() + "$" + hashlib.pbkdf2_hmac("sha512", "p\\u00e4ssword".encode(), salt, 12345, 128).hex(), end="")
            """
        #expect(String(decoding: try Samples.run("python3", ["-c", script]), as: UTF8.self) == hash.text)
        #expect(PasswordHash(hash.text) == hash)
        let (one, other) = (try PasswordHash(of: "a"), try PasswordHash(of: "a"))
        #expect(one.salt != other.salt && one.hash != other.hash)
        for wrong in ["", "$ml$1$00$00", hash.text + "0", hash.text + "$", hash.text.replacing("12345", with: "012345"), "x" + hash.text] {
            #expect(PasswordHash(wrong) == nil, "\(wrong)")
        }
    }

    @Test(
        "kcpassword ends in a NUL and fills whole pieces",
        arguments: ["", "a", "elevenchars", "twelve chars", "a longer password than that"])
    func login(password: String) {
        let file = LoginPassword.file(password)
        #expect(file.count.isMultiple(of: 12) && file.count > password.utf8.count)
        let key: [UInt8] = [125, 137, 82, 35, 210, 188, 221, 234, 163, 185, 31]
        let text = file.enumerated().map { $0.element ^ key[$0.offset % 11] }
        #expect(text == Array(password.utf8) + [UInt8](repeating: 0, count: file.count - password.utf8.count))
    }
}
