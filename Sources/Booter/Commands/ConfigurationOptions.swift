import ArgumentParser
import BootSettings
import Diagnostics
import LinuxSupport

/// The flags of the commands that read the configuration.
struct ConfigurationOptions: ParsableArguments {
    @Option(help: ArgumentHelp("Read this file in place of \(ConfigurationLoader.defaultFile).", valueName: "file"))
    var config: String?
    @Option(
        name: .customLong("set"), help: ArgumentHelp("Set a key, as in --set network.mtu=1400; may be repeated.", valueName: "key=value"))
    var settings: [String] = []
    @Option(help: "The macOS disk: a path, serial:SERIAL, label:PARTITION or auto.") var disk: String?
    @Option(help: "The memory of the guest: 8G, 4096M or auto.") var memory: String?
    @Option(help: "The vCPUs of the guest: a number or auto.") var vcpus: String?
    @Option(help: "The macOS release that the guest runs: 10.15, 11 to 15, 26.") var macos: String?
    @Option(help: "The hypervisor: kvm, or tcg for emulation.") var accel: String?
    @Option(help: "The OpenCore disk image.") var bootloader: String?
    @Option(help: "The interface to the outside.") var uplink: String?

    /// - Parameter more: flags that a command has besides.
    func load(root: FileRoot = .live, further more: [ConfigurationFlag] = []) throws(OperationError) -> LoadedConfiguration {
        let own = [
            ("--disk", disk), ("--memory", memory), ("--vcpus", vcpus), ("--macos", macos), ("--accel", accel),
            ("--bootloader", bootloader), ("--uplink", uplink),
        ]
        var flags = more
        for setting in settings { flags.append(try ConfigurationFlag(set: setting)) }
        flags += own.compactMap { name, value in value.flatMap { ConfigurationFlag(name, $0) } }
        return try Self.load(root: root, file: config, flags: flags)
    }

    static func load(root: FileRoot, file: String?, flags: [ConfigurationFlag]) throws(OperationError) -> LoadedConfiguration {
        // The plan for a saved machine must not depend on the environment of this one.
        let environment = root.isLive ? Environment.variables(prefix: ConfigurationEnvironment.prefix) : [:]
        return try ConfigurationLoader.load(root: root, file: file, environment: environment, flags: flags)
    }
}

extension ConfigurationOptions {
    /// Where `boot` reaches QEMU.
    func controlSocket() throws(OperationError) -> ControlSocket {
        guard let path = try load().configuration.qemu.control else {
            throw OperationError("reach", "QEMU", cause: "it has no QMP socket", remedy: "set qemu.qmp", exit: ExitStatus.config)
        }
        return ControlSocket(path: path)
    }
}

/// Prints an OperationError and exits with its code.
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
