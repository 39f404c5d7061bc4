import ArgumentParser
import BootSettings
import Diagnostics

struct Doctor: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor", abstract: "Check every part of a start and report what to change.",
        discussion: "Exits with the code of the first failure, or 0.")
    @OptionGroup var options: ConfigurationOptions
    @OptionGroup var source: FactsSource
    @Flag(help: "Print JSON.") var json = false

    func run() throws {
        var status = ExitStatus.ok
        try Report.errors { () throws(OperationError) in
            let loaded = try options.load(root: source.fileRoot)
            var plan = Planner(
                configuration: loaded.configuration, facts: try source.facts(loaded.configuration), exposed: loaded.exposed
            ).plan()
            if let busy = source.busy(loaded.configuration) { plan.findings.insert(busy, at: 0) }
            // In the order of a start.
            let findings = Finding.Area.allCases.flatMap { area in plan.findings.filter { $0.area == area } }
            let lines = findings.flatMap(FindingText.lines)
            let count = { (status: Finding.Status) in findings.filter { $0.status == status }.count }
            let plural = { (number: Int, noun: String) in "\(number) \(noun)" + (number == 1 ? "" : "s") }
            let summary = "\(count(.pass)) passed, \(plural(count(.warning), "warning")), \(plural(count(.failure), "failure"))"
            try Output.print(json ? try Output.json(findings) : (lines + [summary]).joined(separator: "\n"))
            status = findings.first { $0.status == .failure }?.exit ?? .ok
        }
        if status != .ok { throw ExitCode(status.rawValue) }
    }
}
