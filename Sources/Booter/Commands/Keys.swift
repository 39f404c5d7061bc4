import ArgumentParser
import BootSettings
import Diagnostics

struct Keys: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "List the configuration keys with their defaults.")
    @Flag(help: "Print the table of docs/configuration.md.") var markdown = false

    func run() throws {
        try Report.errors { () throws(OperationError) in
            let text = markdown ? ConfigurationReference.markdown() : ConfigurationReference.help()
            try Output.print(String(text.dropLast()))
        }
    }
}
