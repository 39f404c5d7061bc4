import AppleMedia
import Diagnostics
import DiskFormats
import Foundation
import MediaSamples
import SystemPackage
import Testing

@testable import Provisioning

/// The package's script, and the first start of what it installed.
@Suite struct PostinstallTests {
    private static func settings(_ directory: URL) throws -> ProvisioningSettings {
        var settings = ProvisioningSettings()
        var account = ProvisioningSettings.Account(name: "ann")
        account.fullName = "Ann \"A\" \\ \u{c4}"
        account.password = try PasswordHash(of: "secret", iterations: 10_000, salt: [UInt8](0..<32))
        account.sshKeys = ["ssh-ed25519 AAAA ann"]
        account.automaticLogin = LoginPassword.file("secret")
        account.sudoWithoutPassword = true
        settings.account = account
        (settings.hostName, settings.timeZone) = ("mac-1", "Europe/Berlin")
        (settings.remoteLogin, settings.neverSleep, settings.skipSetupAssistant) = (true, true, true)
        let (package, script) = (directory.appending(path: "tools.pkg"), directory.appending(path: "first.sh"))
        try Data("xar!".utf8).write(to: package)
        try Data("#!/bin/sh\necho first >>\"$ROOT/ran\"\n".utf8).write(to: script)
        (settings.packages, settings.script) = ([FilePath(package.path)], FilePath(script.path))
        return settings
    }

    /// Runs the script as the installer does, with the volume.
    private static func install(_ package: ProvisioningPackage, to volume: URL, _ mac: StandInMac, shell: String) throws {
        let scripts = mac.directory.appending(path: "scripts-\(UUID().uuidString)")
        for item in package.scripts {
            let url = scripts.appending(path: item.path)
            if let content = item.content {
                try Data(content.bytes(at: 0, count: content.size)).write(to: url)
            } else {
                try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
            }
        }
        let path = "\(mac.directory.path)/bin:/usr/bin:/bin"
        try Samples.run(
            "env",
            ["-i", "PATH=\(path)", "CALLS=/dev/null", "RECORDS=/", "ROOT=\(mac.root.path)"] + shell.split(separator: " ").map(String.init)
                + [scripts.appending(path: "postinstall").path, "/p.pkg", "/", volume.path, "/"])
    }

    @Test("Installed and started, everything is applied once, and nothing of it stays", arguments: StandInMac.Programs.all)
    func firstStart(programs: StandInMac.Programs) throws {
        try StandInMac.with { mac in
            try FileManager.default.removeItem(at: mac.root.appending(path: "Library"))
            for name in ["Library/User Template/Non_localized", "private/var/db"] {
                try FileManager.default.createDirectory(at: mac.root.appending(path: name), withIntermediateDirectories: true)
            }
            let package = try ProvisioningPackage(Self.settings(mac.directory), powersOff: true)
            try Self.install(package, to: mac.root, mac, shell: programs.shell)
            #expect(try mac.mode("Library/Application Support/macos-virt/agent") == 0o755)
            #expect(try mac.mode("Library/LaunchDaemons/org.macos-virt.agent.plist") == 0o644)
            #expect(try mac.mode("private/var/db/macos-virt") == 0o700 && mac.mode("private/var/db/macos-virt/seed/user-data") == 0o600)
            #expect(mac.exists("private/var/db/.AppleSetupDone") && mac.exists("Library/User Template/Non_localized/.skipbuddy"))
            let calls = try mac.start(programs)
            for call in [
                "scutil --set HostName mac-1", "dscl . -create /Users/ann RealName Ann \"A\" \\ \u{c4}",
                "dseditgroup -o edit -a ann -t user admin",
                "dsimport ROOT/private/var/db/macos-virt/work/dsimport /Local/Default M",
                "chown 0:0 ROOT/private/var/db/macos-virt/work/content",
                "defaults write ROOT/Library/Preferences/com.apple.loginwindow autoLoginUser ann", "chown ann:20 ROOT/Users/ann/.skipbuddy",
                "installer -pkg ROOT/private/var/db/macos-virt/packages/1.pkg -target /", "pmset -a sleep 0 displaysleep 0 disksleep 0",
            ] { #expect(calls.contains(call), "\(call)") }
            #expect(calls.last == "shutdown -h now")
            #expect(try mac.text("ran") == "first\n")
            let file = try Data(contentsOf: mac.root.appending(path: "etc/kcpassword"))
            #expect(Array(file) == LoginPassword.file("secret"))
            #expect(try mac.mode("etc/kcpassword") == 0o600)
            let serial = try mac.serial()
            #expect(!serial.contains { $0.hasPrefix("warning") || $0.hasPrefix("error") }, "\(serial)")
            #expect(serial.contains { $0.hasPrefix("ready instance-id=provisioning-") && $0.contains("result=applied warnings=0") })
            for name in ["seed", "packages", "script", "work"] { #expect(!mac.exists("private/var/db/macos-virt/\(name)"), "\(name)") }
            #expect(try mac.start(programs).isEmpty)
        }
    }

    @Test(
        "The volume of the data is found where the installer and the recovery mount it", arguments: ["", "/System/Volumes/Data", " - Data"])
    func volumes(place: String) throws {
        try StandInMac.with { mac in
            let volume = mac.directory.appending(path: "Macintosh HD")
            let data = URL(filePath: volume.path + place)
            for directory in [
                volume.appending(path: "System/Volumes/Data"), data.appending(path: "private/var/db"), data.appending(path: "Library"),
            ] {
                try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
            }
            try Self.install(try ProvisioningPackage(ProvisioningSettings(), powersOff: false), to: volume, mac, shell: "dash")
            #expect(FileManager.default.fileExists(atPath: data.appending(path: "Library/LaunchDaemons/org.macos-virt.agent.plist").path))
            #expect(!FileManager.default.fileExists(atPath: data.appending(path: "private/var/db/.AppleSetupDone").path))
        }
    }

    @Test("A volume without macOS is refused")
    func noSystem() throws {
        try StandInMac.with { mac in
            let volume = mac.directory.appending(path: "empty")
            try FileManager.default.createDirectory(at: volume, withIntermediateDirectories: true)
            #expect(throws: Samples.Failure.self) {
                try Self.install(try ProvisioningPackage(ProvisioningSettings(), powersOff: false), to: volume, mac, shell: "dash")
            }
        }
    }

    @Test("The property list of launchd is one, and starts the agent where the package puts it")
    func launchd() throws {
        let script = """
            import plistlib, sys
            p = plistlib.loads(sys.stdin.buffer.read())
            assert p["Label"] == "org.macos-virt.agent" and p["RunAtLoad"] and p["Umask"] == 0o77 and p["AbandonProcessGroup"]
            assert p["ProgramArguments"] == ["/bin/sh", "/Library/Application Support/macos-virt/agent"]
            """
        try Samples.run("python3", ["-c", script], input: PackageResources.agent_plist)
    }
}
