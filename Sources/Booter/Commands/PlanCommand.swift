import ArgumentParser
import BootSettings
import Diagnostics
import FoundationEssentials
import LinuxSupport
import SystemPackage

struct PlanCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "plan", abstract: "Print what run would do, without changes.",
        discussion: "Exits with the code with which run would refuse, or 0.")
    @OptionGroup var options: ConfigurationOptions
    @OptionGroup var source: FactsSource
    @Flag(help: "Print JSON.") var json = false

    func run() throws {
        var refusal = ExitStatus.ok
        try Report.errors { () throws(OperationError) in
            let loaded = try options.load(root: source.fileRoot)
            let facts = try source.facts(loaded.configuration)
            var plan = Planner(configuration: loaded.configuration, facts: facts, exposed: loaded.exposed).plan(configured: loaded.origins)
            if let busy = source.busy(loaded.configuration) { plan.findings.insert(busy, at: 0) }
            try Output.print(json ? try Output.json(plan) : PlanText(plan: plan).description)
            refusal = plan.refusal?.exit ?? .ok
        }
        if refusal != .ok { throw ExitCode(refusal.rawValue) }
    }
}

/// The machine to plan for: this one, a copy of the files of another one, or its saved facts.
struct FactsSource: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Read /proc, /sys, /dev and /etc below this directory, a copy from another machine.", valueName: "directory"))
    var root: String?
    @Option(help: ArgumentHelp("Read the output of `boot probe --json` of another machine.", valueName: "file"))
    var facts: String?

    func validate() throws {
        if root != nil, facts != nil { throw ValidationError("--root and --facts exclude each other.") }
    }

    var fileRoot: FileRoot { root.map { FileRoot(FilePath($0)) } ?? .live }

    func facts(_ configuration: Configuration) throws(OperationError) -> HostFacts {
        guard let facts else { return try LiveMachine(configuration, root: fileRoot).factsWithKVM() }
        let text: String
        do {
            text = try FileRoot(facts.hasPrefix("/") ? "/" : ".").text(facts.hasPrefix("/") ? facts : "/" + facts)
        } catch {
            throw OperationError(
                "read facts", facts, cause: error.description, remedy: "name a file with the output of `boot probe --json`",
                exit: ExitStatus.noInput)
        }
        let decoded: HostFacts
        do {
            decoded = try JSONDecoder().decode(HostFacts.self, from: Data(text.utf8))
        } catch {
            throw Self.foreign(facts, "it is not the output of `boot probe --json`: \(error)")
        }
        guard decoded.schemaVersion == HostFacts.schema else {
            throw Self.foreign(facts, "its schemaVersion is \(decoded.schemaVersion), and this boot reads version \(HostFacts.schema)")
        }
        return decoded
    }

    /// The refusal of a run while a guest or another `boot` holds the lock; nil for a saved machine.
    func busy(_ configuration: Configuration) -> Finding? {
        guard root == nil, facts == nil else { return nil }
        return RunLock.refusal(directory: configuration.state.run, network: RunLock.thisNetwork).map { error in
            .failure(.privileges, error.cause, remedy: error.remedy ?? "wait until it ends", exit: .tempFail)
        }
    }

    private static func foreign(_ file: String, _ cause: String) -> OperationError {
        OperationError(
            "read facts", file, cause: cause, remedy: "use the same version of boot on both sides", exit: ExitStatus.noInput)
    }
}

/// Standard output.
enum Output {
    static func json(_ value: some Encodable) throws(OperationError) -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        do {
            return String(decoding: try encoder.encode(value), as: UTF8.self)
        } catch {
            throw OperationError("print", "JSON", cause: "\(error)", exit: ExitStatus.software)
        }
    }

    static func print(_ text: String, terminator: String = "\n") throws(OperationError) {
        do {
            try FileDescriptor.standardOutput.writeAll((text + terminator).utf8)
        } catch {
            throw OperationError("write", "standard output", cause: (error as? Errno)?.description ?? "\(error)", exit: ExitStatus.osError)
        }
    }
}
