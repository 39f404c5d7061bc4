import ArgumentParser
import BootSettings
import Diagnostics
import SystemPackage

struct Log: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Show the last output of a supervised guest's serial port.",
        discussion: "The last 64 KiB of it, with qemu.serial = \"stdio\". boot's own messages are in boot status.")
    @OptionGroup var options: ConfigurationOptions
    @Flag(name: .shortAndLong, help: "Go on with what the guest writes, until it is off.") var follow = false

    func run() throws {
        try Report.errors { () throws(OperationError) in
            let path = try options.load().configuration.state.supervisor
            let client = try SupervisorClient(path, asking: follow ? .follow : .log)
            while true {
                let bytes = try client.next(until: .now + (follow ? .seconds(86_400 * 365) : .seconds(10)))
                if bytes.isEmpty { return }
                do {
                    try FileDescriptor.standardOutput.writeAll(bytes)
                } catch {
                    return
                }
            }
        }
    }
}
