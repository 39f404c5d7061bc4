import Foundation

/// The files of a NoCloud seed: what a guest is told at its start.
package struct SeedFiles: Equatable, Sendable {
    package var userData: String
    package var metaData: String

    /// The settings as the agent's subset of cloud-config. Everything that the agent applies comes by this one way.
    /// - Parameters:
    ///   - packages: where the packages and the script of the settings are in the guest.
    ///   - instance: the instance-id: what it names is applied once.
    ///   - powersOff: the guest is powered off after it was applied.
    package init(_ settings: ProvisioningSettings, packages: [String], script: String?, instance: String, powersOff: Bool) {
        var lines = ["#cloud-config"]
        if let name = settings.hostName { lines.append("hostname: \(Self.quoted(name))") }
        if let zone = settings.timeZone { lines.append("timezone: \(Self.quoted(zone))") }
        if let account = settings.account { lines += ["users:"] + Self.lines(account) }
        if let login = settings.account?.automaticLogin {
            lines += [
                "write_files:", "  - path: /etc/kcpassword", "    permissions: '0600'", "    encoding: b64",
                "    content: \(Data(login).base64EncodedString())",
            ]
        }
        var own: [String] = []
        if settings.remoteLogin { own.append("  remote_login: true") }
        if settings.neverSleep { own.append("  never_sleep: true") }
        if let account = settings.account, account.automaticLogin != nil { own.append("  auto_login: \(Self.quoted(account.name))") }
        if !packages.isEmpty { own += ["  packages:"] + packages.map { "    - \(Self.quoted($0))" } }
        if let script { own.append("  script: \(Self.quoted(script))") }
        if !own.isEmpty { lines += ["macos:"] + own }
        if powersOff { lines += ["power_state:", "  mode: poweroff"] }
        userData = lines.joined(separator: "\n") + "\n"
        metaData = "instance-id: \(instance)\n"
    }

    private static func lines(_ account: ProvisioningSettings.Account) -> [String] {
        var lines = ["  - name: \(quoted(account.name))"]
        if let name = account.fullName { lines.append("    gecos: \(quoted(name))") }
        if account.isAdministrator { lines.append("    groups: [admin]") }
        if account.sudoWithoutPassword { lines.append("    sudo: \"ALL=(ALL) NOPASSWD: ALL\"") }
        if let password = account.password { lines += ["    lock_passwd: false", "    passwd: \(quoted(password.text))"] }
        if !account.sshKeys.isEmpty { lines += ["    ssh_authorized_keys:"] + account.sshKeys.map { "      - \(quoted($0))" } }
        return lines
    }

    /// A double-quoted scalar. The settings have no control characters.
    private static func quoted(_ text: String) -> String {
        "\"" + text.replacingOccurrences(of: "\\", with: "\\\\").replacingOccurrences(of: "\"", with: "\\\"") + "\""
    }
}
