import LinuxSupport
import Testing

@testable import BootSettings

/// Every key from every source.
struct ConfigurationSourceTests {
    /// What the sample means, without any source in between.
    private func expected(_ sample: ConfigurationSample) throws -> Configuration {
        var configuration = Configuration()
        try #require(ConfigurationKey.named(sample.key)).set(.text(sample.text), in: &configuration)
        return configuration
    }

    @Test func everyKeyHasASample() {
        let sampled = Set(ConfigurationSample.all.map(\.key) + ConfigurationSample.paired)
        #expect(sampled == Set(ConfigurationKey.all.map(\.name)))
    }

    @Test(arguments: ConfigurationSample.all) func isNotTheDefault(_ sample: ConfigurationSample) throws {
        #expect(try expected(sample) != Configuration())
    }

    @Test(arguments: ConfigurationSample.all) func fromDefaultFile(_ sample: ConfigurationSample) throws {
        let machine = try ConfigurationMachine([ConfigurationLoader.defaultFile: Array(sample.document.utf8)])
        let loaded = try ConfigurationLoader.load(root: machine.root, environment: [:])
        #expect(try loaded.configuration == expected(sample))
        #expect(loaded.origins == [sample.key: .file("/etc/macos-virt/boot.toml")])
    }

    @Test func fromMetadataWithoutADefaultFile() throws {
        var files = [ConfigurationLoader.metadataFile: Array("guest.vcpus = 3".utf8)]
        let machine = try ConfigurationMachine(files)
        let metadata = try ConfigurationLoader.load(root: machine.root, environment: [:])
        #expect(metadata.configuration.guest.vcpus == 3)
        #expect(metadata.origins == ["guest.vcpus": .file("/run/config/macos-virt/boot.toml")])

        // Even an empty file says that there is nothing to configure.
        files[ConfigurationLoader.defaultFile] = []
        let configured = try ConfigurationMachine(files)
        #expect(try ConfigurationLoader.load(root: configured.root, environment: [:]) == LoadedConfiguration())
    }

    @Test(arguments: ConfigurationSample.all) func fromNamedFile(_ sample: ConfigurationSample) throws {
        // The text in quotes is as good as TOML's own types, and dotted keys as good as sections.
        let text = sample.text.split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\\\"")
        let machine = try ConfigurationMachine(["/a.toml": Array("\(sample.key) = \"\(text)\"".utf8)])
        let loaded = try ConfigurationLoader.load(root: machine.root, file: machine.path + "/a.toml", environment: [:])
        #expect(try loaded.configuration == expected(sample))
        #expect(loaded.origins == [sample.key: .file(machine.path + "/a.toml")])
    }

    @Test(arguments: ConfigurationSample.all, [0, 1]) func fromKernelCommandLine(_ sample: ConfigurationSample, style: Int) throws {
        let word = style == 0 ? "boot.\(sample.key)=\"\(sample.text)\"" : "\"boot.\(sample.key)=\(sample.text)\""
        let machine = try ConfigurationMachine(["/proc/cmdline": Array("BOOT_IMAGE=/vmlinuz root=/dev/sda \(word) quiet\n".utf8)])
        let loaded = try ConfigurationLoader.load(root: machine.root, environment: [:])
        #expect(try loaded.configuration == expected(sample))
        #expect(loaded.origins == [sample.key: .kernelCommandLine])
    }

    @Test(arguments: ConfigurationSample.all) func fromEnvironment(_ sample: ConfigurationSample) throws {
        let machine = try ConfigurationMachine()
        let name = try #require(ConfigurationKey.named(sample.key)).environmentVariable
        let loaded = try ConfigurationLoader.load(
            root: machine.root, environment: [name: sample.text, "BOOT_IMAGE": "/vmlinuz", "PATH": "/bin"])
        #expect(try loaded.configuration == expected(sample))
        #expect(loaded.origins == [sample.key: .environment(name)])
    }

    @Test(arguments: ConfigurationSample.all) func fromFlags(_ sample: ConfigurationSample) throws {
        let machine = try ConfigurationMachine()
        let set = try ConfigurationLoader.load(
            root: machine.root, environment: [:], flags: [ConfigurationFlag(set: "\(sample.key)=\(sample.text)")])
        #expect(try set.configuration == expected(sample))
        #expect(set.origins == [sample.key: .flag("--set")])

        guard let name = ConfigurationKey.named(sample.key)?.flag else { return }
        let flag = try #require(ConfigurationFlag(name, sample.text))
        let own = try ConfigurationLoader.load(root: machine.root, environment: [:], flags: [flag])
        #expect(own.configuration == set.configuration)
        #expect(own.origins == [sample.key: .flag(name)])
    }

    @Test(arguments: ConfigurationSample.all) func rendersWhatItParses(_ sample: ConfigurationSample) throws {
        let key = try #require(ConfigurationKey.named(sample.key))
        let configuration = try expected(sample)
        #expect(key.render(configuration) == sample.rendered ?? sample.text)
        var again = Configuration()
        try key.set(.text(key.render(configuration)), in: &again)
        #expect(again == configuration)
    }

    @Test func firmwareIsAPair() throws {
        let flags = try [ConfigurationFlag(set: "firmware.code=/c.fd"), ConfigurationFlag(set: "firmware.variables=/v.fd")]
        let machine = try ConfigurationMachine()
        let loaded = try ConfigurationLoader.load(root: machine.root, environment: [:], flags: flags)
        #expect(loaded.configuration.firmware == .init(bootloader: nil, code: "/c.fd", variables: "/v.fd"))
    }

    @Test func flagsOfTheTable() {
        let flags = ConfigurationKey.all.compactMap { key in key.flag.map { "\($0) \(key.name)" } }
        #expect(
            Set(flags) == [
                "--disk disk.device", "--memory guest.memory", "--vcpus guest.vcpus", "--macos guest.macos", "--accel guest.accel",
                "--bootloader firmware.bootloader", "--uplink network.uplink",
            ])
        #expect(ConfigurationFlag("--nonsense", "1") == nil)
    }

    @Test func nothingAtAll() throws {
        let machine = try ConfigurationMachine()
        #expect(try ConfigurationLoader.load(root: machine.root, environment: [:]) == LoadedConfiguration())
    }

    /// The defaults are values that could be written.
    @Test(arguments: ConfigurationKey.all.map(\.name)) func defaultIsWritable(_ name: String) throws {
        let key = try #require(ConfigurationKey.named(name))
        let machine = try ConfigurationMachine(["/etc/macos-virt/boot.toml": Array("\(name) = '\(key.defaultText)'".utf8)])
        #expect(try ConfigurationLoader.load(root: machine.root, environment: [:]) == LoadedConfiguration())
    }
}
