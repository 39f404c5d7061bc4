import Diagnostics
import FoundationEssentials
import Testing

@testable import BootSettings

struct ConfigurationPrecedenceTests {
    /// Each source, weakest first, with a value of its own for guest.vcpus.
    static let origins: [ConfigurationOrigin] = [
        .file("/etc/macos-virt/boot.toml"), .kernelCommandLine, .environment("MACOS_VIRT_GUEST_VCPUS"), .flag("--vcpus"),
    ]

    private func load(_ sources: [Int], value: (Int) -> String = { String($0 + 1) }) throws -> LoadedConfiguration {
        var files: [String: [UInt8]] = [:]
        var environment: [String: String] = [:]
        var flags: [ConfigurationFlag] = []
        for source in sources {
            let value = value(source)
            switch source {
            case 0: files["/etc/macos-virt/boot.toml"] = Array("guest.vcpus = '\(value)'".utf8)
            case 1: files["/proc/cmdline"] = Array("boot.guest.vcpus=\(value)".utf8)
            case 2: environment["MACOS_VIRT_GUEST_VCPUS"] = value
            default: flags.append(try #require(ConfigurationFlag("--vcpus", value)))
            }
        }
        let machine = try ConfigurationMachine(files)
        return try ConfigurationLoader.load(root: machine.root, environment: environment, flags: flags)
    }

    @Test(arguments: 1..<16) func strongestWins(_ mask: Int) throws {
        let sources = (0..<4).filter { mask & 1 << $0 != 0 }
        let strongest = try #require(sources.last)
        let loaded = try load(sources)
        #expect(loaded.configuration.guest.vcpus == strongest + 1)
        #expect(loaded.origins == ["guest.vcpus": Self.origins[strongest]])
    }

    @Test(arguments: 0..<3) func defaultAgainHasNoOrigin(_ weaker: Int) throws {
        let loaded = try load([weaker, weaker + 1]) { $0 == weaker ? "3" : "auto" }
        #expect(loaded == LoadedConfiguration())
    }

    /// What is overridden is checked all the same: the next start may lack the flag.
    @Test(arguments: 0..<3) func overriddenMistakeIsAMistake(_ weaker: Int) throws {
        #expect(throws: OperationError.self) { try load([weaker, 3]) { $0 == weaker ? "many" : "2" } }
    }

    @Test func lastWordAndLastFlagWin() throws {
        let machine = try ConfigurationMachine(["/proc/cmdline": Array("boot.guest.vcpus=2 boot.guest.vcpus=3".utf8)])
        #expect(try ConfigurationLoader.load(root: machine.root, environment: [:]).configuration.guest.vcpus == 3)
        let flags = try [ConfigurationFlag(set: "guest.vcpus=4"), ConfigurationFlag(set: "guest.vcpus=5")]
        #expect(try ConfigurationLoader.load(root: machine.root, environment: [:], flags: flags).configuration.guest.vcpus == 5)
    }

    @Test func namedFileReplacesTheDefaultFile() throws {
        let machine = try ConfigurationMachine([
            "/etc/macos-virt/boot.toml": Array("not toml".utf8), "/b.toml": Array("guest.vcpus=9".utf8),
        ])
        let loaded = try ConfigurationLoader.load(root: machine.root, file: machine.path + "/b.toml", environment: [:])
        #expect(loaded.configuration.guest.vcpus == 9)
    }

    @Test(arguments: origins + [.flag("--set"), .program("macos-virt run")]) func originIsItsText(_ origin: ConfigurationOrigin) throws {
        #expect(ConfigurationOrigin(origin.description) == origin)
    }

    /// `boot plan --json` and `--facts` carry it.
    @Test func survivesJSON() throws {
        var assignments = ConfigurationSample.all.map { ConfigurationAssignment($0.key, .text($0.text), .flag("--set")) }
        assignments.append(ConfigurationAssignment("disk.device", .text("label:a"), .kernelCommandLine))
        // The page of `status.browser` asks for an IPv4 address.
        assignments.append(ConfigurationAssignment("display.vnc", .text("127.0.0.1:1"), .flag("--set")))
        let loaded = try ConfigurationLoader.merge(assignments)
        let data = try JSONEncoder().encode(loaded)
        #expect(try JSONDecoder().decode(LoadedConfiguration.self, from: data) == loaded)
        let text = String(decoding: data, as: UTF8.self)
        #expect(text.contains("\"device\":\"label:a\""))
        #expect(text.contains("\"disk.device\":\"kernel command line\""))
    }
}
