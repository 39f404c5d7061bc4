import ArgumentParser
import BootSettings
import Diagnostics
import HostSupport
import Provisioning
import SystemPackage

/// What an installed macOS gets beside what Apple installs: the keys of docs/provisioning.md as options.
struct ProvisioningOptions: ParsableArguments {
    @Option(help: ArgumentHelp("A TOML file with the settings; options take precedence. Repeatable.", valueName: "file"))
    var provision: [String] = []
    @Option(help: ArgumentHelp("An account, an administrator unless the file says otherwise.", valueName: "short name")) var user: String?
    @Option(help: ArgumentHelp("Its full name.", valueName: "name")) var fullName: String?
    @Option(help: ArgumentHelp("A file whose first line is its password. (none: no login with a password)", valueName: "file"))
    var passwordFile: String?
    @Option(help: ArgumentHelp("Its password as macOS keeps it: $ml$ITERATIONS$SALT$HASH.", valueName: "hash")) var passwordHash: String?
    @Option(help: ArgumentHelp("A public SSH key, or a file with some. Repeatable.", valueName: "key")) var sshKey: [String] = []
    @Flag(help: "Let it become root without a password.") var sudoWithoutPassword = false
    @Flag(help: "Log it in at each start: its password can be read in the image.") var autoLogin = false
    @Option(help: "The name of the Mac.") var hostName: String?
    @Option(help: ArgumentHelp("Europe/Berlin, for example.", valueName: "zone")) var timeZone: String?
    @Flag(help: "Start the SSH server.") var remoteLogin = false
    @Flag(help: "Neither sleep nor switch the screen off.") var neverSleep = false
    @Flag(help: "Do not ask the questions of the first start.") var skipSetupAssistant = false
    @Option(help: ArgumentHelp("A further installer package. Repeatable.", valueName: "file")) var package: [String] = []
    @Option(help: ArgumentHelp("A script that root runs at the end of the first start.", valueName: "file")) var script: String?

    /// The settings of the files, then those of the options.
    /// - Returns: nil when nothing was asked for: a vanilla macOS stays one.
    /// - Throws: as `ProvisioningDraft`.
    func settings() throws(OperationError) -> ProvisioningSettings? {
        var draft = ProvisioningDraft()
        for file in provision { try draft.add(file: FilePath(absolute: file)) }
        let given: [(String, ConfigurationInput?)] = [
            ("user.name", user.map { .text($0) }), ("user.full_name", fullName.map { .text($0) }),
            ("user.password_file", passwordFile.map { .text($0) }), ("user.password_hash", passwordHash.map { .text($0) }),
            ("user.ssh_keys", sshKey.isEmpty ? nil : .list(sshKey)),
            ("user.sudo_without_password", sudoWithoutPassword ? .boolean(true) : nil),
            ("user.auto_login", autoLogin ? .boolean(true) : nil), ("system.host_name", hostName.map { .text($0) }),
            ("system.time_zone", timeZone.map { .text($0) }), ("system.remote_login", remoteLogin ? .boolean(true) : nil),
            ("system.never_sleep", neverSleep ? .boolean(true) : nil),
            ("system.skip_setup_assistant", skipSetupAssistant ? .boolean(true) : nil),
            ("software.packages", package.isEmpty ? nil : .list(package)), ("software.script", script.map { .text($0) }),
        ]
        let options = given.compactMap { name, input in input.map { (name, $0) } }
        for (name, input) in options { try draft.add(option: name, input) }
        return provision.isEmpty && options.isEmpty ? nil : try draft.settings()
    }
}
