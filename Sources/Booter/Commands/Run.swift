import ArgumentParser
import Diagnostics
import LinuxSupport

struct Run: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "run", abstract: "Start the guest: this process becomes QEMU.")
    @OptionGroup var options: ConfigurationOptions

    func run() throws {
        try Report.errors { () throws(OperationError) in
            var starter = Starter(try options.load())
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
