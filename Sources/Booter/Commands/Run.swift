import ArgumentParser
import BootSettings
import Diagnostics
import LinuxSupport

struct Run: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run", abstract: "Start the guest: this process becomes QEMU, or stays its parent.",
        discussion: "With --supervise, SIGTERM shuts the guest down, and the exit code says how it ended: docs/supervision.md.")
    @OptionGroup var options: ConfigurationOptions
    @Flag(help: "Stay QEMU's parent: guest.supervise.") var supervise = false

    func run() throws {
        try Report.errors { () throws(OperationError) in
            let flags = supervise ? [try ConfigurationFlag(set: "guest.supervise=true")] : []
            var starter = Starter(try options.load(further: flags))
            try starter.run()
        }
    }

    /// `boot run` without flags, and without the argument parser.
    static func plain() throws {
        try Report.errors { () throws(OperationError) in
            var starter = Starter(try ConfigurationOptions.load(root: .live, file: nil, flags: []))
            try starter.run()
        }
    }
}
