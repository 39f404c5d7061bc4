import ArgumentParser
import BootSettings
import Diagnostics

struct PowerDown: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "powerdown", abstract: "Press the guest's power button: it shuts down, and QEMU ends.",
        discussion: "Returns at once. What the guest makes of it is the guest's affair.")
    @OptionGroup var options: ConfigurationOptions

    func run() throws {
        try Report.errors { () throws(OperationError) in
            guard let socket = try options.load().configuration.qemu.qmp else {
                throw OperationError(
                    "press", "the power button", cause: "QEMU has no control socket", remedy: "set qemu.qmp", exit: ExitStatus.config)
            }
            try ControlSocket(path: socket).execute("system_powerdown")
        }
    }
}
