import ArgumentParser
import Diagnostics

struct LoadModules: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "load-modules", abstract: "Only load the kernel modules and ask KVM: the first stage of run, for debugging.")
    @OptionGroup var options: ConfigurationOptions

    func run() throws {
        try Report.errors { () throws(OperationError) in
            var stage = StageRunner(try options.load())
            try stage.loadModules()
        }
    }
}

struct SetupNAT: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "setup-nat", abstract: "Only set up the network, with a tap that stays: the second stage of run, for debugging.",
        discussion: "`boot down` removes it.")
    @OptionGroup var options: ConfigurationOptions

    func run() throws {
        try Report.errors { () throws(OperationError) in
            var stage = StageRunner(try options.load())
            try stage.setupNAT()
        }
    }
}

struct RunQemu: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run-qemu", abstract: "Only become QEMU, on the tap of setup-nat: the last stage of run, for debugging.")
    @OptionGroup var options: ConfigurationOptions

    func run() throws {
        try Report.errors { () throws(OperationError) in
            var stage = StageRunner(try options.load())
            try stage.runQemu()
        }
    }
}
