import ArgumentParser
import BootSettings
import Diagnostics
import QMP

struct PowerDown: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "powerdown", abstract: "Press the power button of the guest: it shuts down, and QEMU ends.",
        discussion: "Returns at once. The guest may ignore the button.")
    @OptionGroup var options: ConfigurationOptions

    func run() throws {
        try Report.errors { () throws(OperationError) in
            guard let socket = try options.load().configuration.qemu.control else {
                throw OperationError(
                    "press", "the power button", cause: "QEMU has no QMP socket", remedy: "set qemu.qmp", exit: ExitStatus.config)
            }
            try ControlSocket(path: socket).execute(.powerdown)
        }
    }
}
