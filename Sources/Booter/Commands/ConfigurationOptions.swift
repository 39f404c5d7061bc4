import ArgumentParser
import BootSettings
import Diagnostics
import LinuxSupport

/// The flags of every command that reads the configuration.
struct ConfigurationOptions: ParsableArguments {
    @Option(help: ArgumentHelp("Read this file in place of \(ConfigurationLoader.defaultFile).", valueName: "file"))
    var config: String?
    @Option(name: .customLong("set"), help: ArgumentHelp("Set one key, as in --set network.mtu=1400.", valueName: "key=value"))
    var settings: [String] = []
    @Option(help: "The macOS disk: a path, serial:SERIAL or label:PARTITION.") var disk: String?
    @Option(help: "The guest's memory: 8G, 4096M or auto.") var memory: String?
    @Option(help: "The guest's vCPUs, or auto.") var vcpus: String?
    @Option(help: "The macOS release whose rules apply: 10.15, 11 to 15, 26.") var macos: String?
    @Option(help: "kvm, or tcg for emulation.") var accel: String?
    @Option(help: "The OpenCore disk image.") var bootloader: String?
    @Option(help: "The interface that leads outside.") var uplink: String?

    func load(root: FileRoot = .live) throws(OperationError) -> LoadedConfiguration {
        let own = [
            ("--disk", disk), ("--memory", memory), ("--vcpus", vcpus), ("--macos", macos), ("--accel", accel),
            ("--bootloader", bootloader),
            ("--uplink", uplink),
        ]
        var flags: [ConfigurationFlag] = []
        for setting in settings { flags.append(try ConfigurationFlag(set: setting)) }
        flags += own.compactMap { name, value in value.flatMap { ConfigurationFlag(name, $0) } }
        return try Self.load(root: root, file: config, flags: flags)
    }

    static func load(root: FileRoot, file: String?, flags: [ConfigurationFlag]) throws(OperationError) -> LoadedConfiguration {
        // A saved machine's plan must not depend on this one's environment.
        let environment = root.isLive ? Environment.variables(prefix: ConfigurationEnvironment.prefix) : [:]
        return try ConfigurationLoader.load(root: root, file: file, environment: environment, flags: flags)
    }
}

/// Turns a OperationError into its message and its exit code, the same way for every command.
enum Report {
    static func errors(_ body: () throws(OperationError) -> Void) throws {
        do {
            try body()
        } catch {
            Console.error("boot: \(error)\n")
            throw ExitCode(error.exitCode)
        }
    }
}
