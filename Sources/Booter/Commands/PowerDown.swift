import ArgumentParser
import BootSettings
import Diagnostics
import QMP

struct PowerDown: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "powerdown", abstract: "Press the power button of the guest: it shuts down, and QEMU ends.",
        discussion: "Returns at once, unless --wait is given. The guest may ignore the button.")
    @OptionGroup var options: ConfigurationOptions
    @Option(help: "Wait until QEMU has ended, at most so many seconds; exit code 75 when it has not.") var wait: Int?

    func validate() throws {
        if let wait, !(0...86_400).contains(wait) { throw ValidationError("--wait takes 0 to 86400 seconds.") }
    }

    func run() throws {
        try Report.errors { () throws(OperationError) in
            let control = try options.controlSocket()
            guard let wait else { return try control.execute(.powerdown) }
            try control.execute(.powerdown, thenWaitForItsEnd: .seconds(wait))
        }
    }
}
