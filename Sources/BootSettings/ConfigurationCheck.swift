package import Diagnostics
import LinuxSupport
import NetworkValues
import QemuArgs

/// Checks values that are valid by themselves and exclude each other.
package enum ConfigurationCheck {
    /// - Throws: exit 78, with both keys and the reason.
    package static func check(_ loaded: LoadedConfiguration) throws(OperationError) {
        let configuration = loaded.configuration
        let problems = [
            screen(configuration), control(configuration), supervision(configuration), status(configuration), browser(configuration),
            files(configuration), interfaces(configuration), nested(configuration),
        ]
        guard let problem = problems.compactMap({ $0 }).first else { return }
        let values = problem.keys.compactMap { name in
            ConfigurationKey.named(name).map { "\(name) = \($0.render(configuration)) (\(loaded.origins[name]?.description ?? "default"))" }
        }
        throw OperationError(
            "configure", problem.keys.joined(separator: ", "), cause: "\(problem.why): \(values.joined(separator: ", "))",
            remedy: problem.remedy, exit: ExitStatus.config)
    }

    private struct Problem {
        var keys: [String]
        var why: String
        var remedy: String?
    }

    private static func screen(_ configuration: Configuration) -> Problem? {
        let display = configuration.display
        if display.vnc.isPublic, display.vncPasswordFile == nil {
            return Problem(
                keys: ["display.vnc", "display.vnc_password_file"],
                why: "anyone who reaches this address could use the screen and keyboard of the guest without a password",
                remedy: "set display.vnc_password_file, or keep display.vnc on 127.0.0.1 and use an ssh tunnel")
        }
        // A forward applies to packets from outside. On loopback both can use the port.
        let forwarded = configuration.network.forwards.filter { $0.transport == .tcp }
        if display.vnc.isPublic, let port = display.vnc.port, forwarded.contains(where: { $0.hostPorts.contains(UInt16(clamping: port)) }) {
            return Problem(keys: ["display.vnc", "network.forwards"], why: "a forward uses the port on which VNC listens")
        }
        if case .unix(let path) = display.vnc, path == configuration.qemu.qmp || path == configuration.qemu.control {
            return Problem(keys: ["display.vnc", "qemu.qmp"], why: "two sockets cannot have the same path")
        }
        return nil
    }

    private static func control(_ configuration: Configuration) -> Problem? {
        guard let control = configuration.qemu.control else { return nil }
        if control == configuration.qemu.qmp {
            return Problem(keys: ["qemu.qmp"], why: "boot's own control socket has this path", remedy: "choose another file name")
        }
        if control.utf8.count >= LocalSocket.pathLimit {
            return Problem(
                keys: ["qemu.qmp"], why: "the path of boot's own control socket beside it, \(control), is longer than 107 bytes",
                remedy: "choose a shorter directory")
        }
        return nil
    }

    private static func supervision(_ configuration: Configuration) -> Problem? {
        guard configuration.guest.supervise, configuration.state.supervisor.utf8.count >= LocalSocket.pathLimit else { return nil }
        return Problem(
            keys: ["guest.supervise", "state.run"],
            why: "the path of the supervisor's socket, \(configuration.state.supervisor), is longer than 107 bytes",
            remedy: "choose a shorter directory")
    }

    private static func status(_ configuration: Configuration) -> Problem? {
        guard configuration.guest.supervise, let address = configuration.status.listen else { return nil }
        let forwards = configuration.network.forwards.filter { $0.transport == .tcp }
        // As for VNC: on loopback both can use the port.
        if !address.isLoopback, forwards.contains(where: { $0.hostPorts.contains(address.port) }) {
            return Problem(keys: ["status.listen", "network.forwards"], why: "a forward uses the port at which the status is served")
        }
        return nil
    }

    private static func browser(_ configuration: Configuration) -> Problem? {
        guard configuration.guest.supervise, configuration.status.browser else { return nil }
        if configuration.status.listen == nil {
            return Problem(
                keys: ["status.browser", "status.listen"], why: "nothing serves the page", remedy: "set status.listen to 127.0.0.1:9100")
        }
        guard case .tcp(let host, _) = configuration.display.vnc, host == "localhost" || IPv4Address(host) != nil else {
            return Problem(
                keys: ["status.browser", "display.vnc"], why: "the page needs a VNC server at an IPv4 address",
                remedy: "set display.vnc to 127.0.0.1:0")
        }
        if configuration.display.vncPasswordFile == nil {
            return Problem(
                keys: ["status.browser", "display.vnc_password_file"],
                why: "a page of any site could use the screen through a browser of this machine",
                remedy: "set display.vnc_password_file to a file with a password")
        }
        if configuration.qemu.control == nil {
            return Problem(keys: ["status.browser", "qemu.qmp"], why: "QEMU writes pictures of the screen beside this socket")
        }
        return nil
    }

    private static func files(_ configuration: Configuration) -> Problem? {
        let firmware = configuration.firmware
        if (firmware.code == nil) != (firmware.variables == nil) {
            return Problem(
                keys: ["firmware.code", "firmware.variables"], why: "the firmware and its variables are a pair: set both or neither")
        }
        let nvram = configuration.state.nvram
        for (key, path) in [
            ("firmware.code", firmware.code), ("firmware.variables", firmware.variables), ("firmware.bootloader", firmware.bootloader),
            ("disk.installer", configuration.disk.installer), ("guest.seed", configuration.guest.seed),
        ]
        where path == nvram {
            return Problem(keys: ["state.nvram", key], why: "the guest would overwrite this file with its variables")
        }
        if case .path(let disk) = configuration.disk.device, disk == firmware.bootloader {
            return Problem(keys: ["disk.device", "firmware.bootloader"], why: "macOS and OpenCore need a disk each")
        }
        if let seed = configuration.guest.seed {
            let others = [
                ("disk.installer", configuration.disk.installer), ("firmware.bootloader", firmware.bootloader),
                ("disk.device", configuration.disk.device == .path(seed) ? seed : nil),
            ]
            if let other = others.first(where: { $0.1 == seed }) {
                return Problem(keys: ["guest.seed", other.0], why: "the seed needs a disk of its own")
            }
        }
        if let installer = configuration.disk.installer {
            if configuration.disk.device == .path(installer) {
                return Problem(keys: ["disk.device", "disk.installer"], why: "macOS is installed from one disk to another")
            }
            if firmware.bootloader == installer {
                return Problem(keys: ["firmware.bootloader", "disk.installer"], why: "OpenCore and the installer need a disk each")
            }
        }
        return nil
    }

    private static func interfaces(_ configuration: Configuration) -> Problem? {
        let network = configuration.network
        guard network.uplink == network.tap else { return nil }
        return Problem(keys: ["network.uplink", "network.tap"], why: "the uplink cannot be the tap of the guest")
    }

    /// In a directory that a reboot empties, the boot entries of the guest would be lost.
    private static func nested(_ configuration: Configuration) -> Problem? {
        let state = configuration.state
        guard state.nvram.hasPrefix(state.run + "/") else { return nil }
        return Problem(keys: ["state.nvram", "state.run"], why: "a reboot empties state.run, and the variables must survive it")
    }
}
