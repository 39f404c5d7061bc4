import Glibc
import LinuxSupport
import SystemPackage
import Testing

@testable import BootSettings

/// Files that decide what root does, or that hold a password.
struct ExposedFileTests {
    private func check(_ mode: mode_t, isSecret: Bool, owner: uid_t? = nil, group: gid_t? = nil) throws -> [ExposedFile] {
        let machine = try ConfigurationMachine(["/f": []])
        let path = machine.path + "/f"
        try #require(chmod(path, mode) == 0)
        if let owner { try #require(chown(path, owner, group ?? 0) == 0) }
        return ExposedFile.check(path, isSecret: isSecret, FileStatus(path))
    }

    @Test(
        arguments: [
            (0o600, false, nil), (0o644, false, nil), (0o666, false, "can be changed by other users (mode 0666)"),
            (0o602, false, "can be changed"), (0o600, true, nil), (0o400, true, nil),
            (0o644, true, "can be read by other users (mode 0644)"),
            (0o604, true, "can be read"), (0o622, true, "can be changed"),
        ] as [(mode_t, Bool, String?)]) func byMode(_ mode: mode_t, isSecret: Bool, problem: String?) throws
    {
        let found = try check(mode, isSecret: isSecret)
        #expect(found.count == (problem == nil ? 0 : 1))
        if let problem { #expect(found.first?.problem.contains(problem) == true && found.first?.remedy.hasPrefix("chmod ") == true) }
    }

    @Test(.enabled(if: geteuid() == 0, "only root gives a file away")) func byOwner() throws {
        #expect(try check(0o600, isSecret: false, owner: 1000).first?.problem.hasSuffix("belongs to user 1000, who can change it") == true)
        // A group with members can do what root's own group cannot.
        #expect(try check(0o660, isSecret: true, owner: 0, group: 100).first?.problem.contains("can be changed") == true)
        #expect(try check(0o640, isSecret: true, owner: 0, group: 100).first?.problem.contains("can be read") == true)
        #expect(try check(0o660, isSecret: true, owner: 0, group: 0).isEmpty)
    }

    @Test func whichFiles() throws {
        let machine = try ConfigurationMachine([
            ConfigurationLoader.defaultFile: [], ConfigurationLoader.metadataFile: [], "/named": [], "/password": Array("secret".utf8),
        ])
        for name in [ConfigurationLoader.defaultFile, ConfigurationLoader.metadataFile, "/named", "/password"] {
            try #require(chmod(machine.path + name, 0o666) == 0)
        }
        var configuration = Configuration()
        let names = { (file: String?) in ExposedFile.all(configuration, file: file, root: machine.root).map(\.remedy) }
        // Only the file that is read.
        #expect(names(nil) == ["chmod go-w \(machine.path)/etc/macos-virt/boot.toml"])
        #expect(names(machine.path + "/named") == ["chmod go-w \(machine.path)/named"])
        configuration.display.vncPasswordFile = "/password"
        #expect(names(machine.path + "/nowhere") == ["chmod go-w \(machine.path)/password"])
        configuration.display.vncPasswordFile = "/nowhere"
        #expect(names("/dev/null").isEmpty)
    }
}
