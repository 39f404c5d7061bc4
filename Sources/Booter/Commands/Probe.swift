import ArgumentParser
import BootSettings
import Diagnostics

struct Probe: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "probe", abstract: "Print the facts that boot reads on this machine; with --json, for a bug report or plan --facts.")
    @OptionGroup var options: ConfigurationOptions
    @OptionGroup var source: FactsSource
    @Flag(help: "Print JSON.") var json = false

    func run() throws {
        try Report.errors { () throws(OperationError) in
            let facts = try source.facts(try options.load(root: source.fileRoot).configuration)
            try Output.print(json ? try Output.json(facts) : FactsText(facts: facts).description)
        }
    }
}
