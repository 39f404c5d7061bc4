import ArgumentParser
import BootSettings
import CLinux
import Diagnostics
import Glibc
import LinuxSupport
import NetworkValues
import QMP
import SystemPackage

struct StateCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "state", abstract: "Show or remove what the guest keeps from one start to the next.",
        subcommands: [StateShow.self, StateReset.self])
}

struct StateShow: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "Show the guest's UEFI variables, UUID, MAC address and the record of its last stop.")
    @OptionGroup var options: ConfigurationOptions
    @Flag(help: "Print one line of JSON.") var json = false

    func run() throws {
        try Report.errors { () throws(OperationError) in
            let state = KeptState(try options.load().configuration)
            try Output.print(json ? state.json.text : state.lines.joined(separator: "\n"))
        }
    }
}

struct StateReset: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "reset", abstract: "Remove what the guest keeps, and say what was removed.",
        discussion: "Refuses while a guest runs. The guest's disk is not touched.")
    @OptionGroup var options: ConfigurationOptions
    @Flag(help: "The UEFI variables: the next start copies the firmware's template.") var nvram = false
    @Flag(help: "What UUID and MAC address are derived from: the next start takes this machine's own identity.") var identity = false
    @Flag(help: "Both, and the record of the last stop.") var all = false

    func validate() throws {
        guard nvram || identity || all else { throw ValidationError("Say what to remove: --nvram, --identity or --all.") }
    }

    func run() throws {
        try Report.errors { () throws(OperationError) in
            let configuration = try options.load().configuration
            let state = configuration.state
            let lock = try KeptState.lock(configuration)
            var files: [(path: String, title: String)] = []
            if nvram || all { files.append((state.nvram, "the guest's UEFI variables")) }
            if identity || all { files.append((state.identity, "what the guest's UUID and MAC address are derived from")) }
            if all { files.append((state.lastStop, "the record of the last stop")) }
            for file in files {
                unlink(file.path + ".new")
                let error = unlink(file.path) == 0 ? nil : Errno(rawValue: errno)
                switch error {
                case nil: try Output.print("removed \(file.path): \(file.title)")
                case .noSuchFileOrDirectory: try Output.print("\(file.path) is not there: \(file.title)")
                case .some(let error):
                    throw OperationError(
                        "remove", file.path, cause: error.description, remedy: "run it as root, on a file system that is writable",
                        exit: error == .permissionDenied || error == .notPermitted ? .noPermission : .cantCreate)
                }
            }
            lock.close()
        }
    }
}

/// What outlives a run.
struct KeptState {
    private let configuration: Configuration
    private let identity: GuestIdentity
    private let origin: String
    private let kept: KeptIdentity?
    private let nvram: FileStatus?
    private let lastStop: LastStop?
    private let facts: StateFacts
    private let isRunning: Bool

    init(_ configuration: Configuration) {
        self.configuration = configuration
        var notes = PlanNotes()
        identity = GuestIdentity.choose(configuration, LiveMachine(configuration).probe.identity(), &notes)
        origin = notes.decisions.first { $0.name == "UUID" }?.reason ?? ""
        kept = KeptIdentity(.live, configuration.state.identity)
        nvram = FileStatus(.live, configuration.state.nvram)
        lastStop = LastStopFile(path: configuration.state.lastStop).read()
        facts = StateFacts(of: configuration.state)
        isRunning = RunLock.refusal(directory: configuration.state.run, network: RunLock.thisNetwork) != nil
    }

    var lines: [String] {
        let state = configuration.state
        var lines = [
            "directory  \(state.kept)"
                + (facts.problem.map { ", which \($0): nothing is kept" }
                    ?? (facts.isInMemory ? ", in memory: this machine's next start finds nothing" : "")),
            "variables  "
                + (nvram.map { "\(state.nvram), \($0.size >> 10) KiB" } ?? "none yet: the next start copies the firmware's template"),
            "UUID       \(identity.uuid), \(origin)",
            "MAC        \(identity.mac)",
        ]
        if let kept { lines.append("identity   \(state.identity), from \(kept.source.printable)") }
        // Of the run that is going on, when it was written last.
        let last = isRunning && lastStop?.end == nil ? "a guest is running" : lastStop?.description
        return lines + ["last stop  " + (last ?? "no record")]
    }

    var json: QMP.JSONValue {
        .object([
            .init("schemaVersion", .integer(1)), .init("directory", .string(configuration.state.kept)),
            .init("problem", facts.problem.map { .string($0) } ?? .null), .init("inMemory", .bool(facts.isInMemory)),
            .init(
                "nvram",
                nvram.map {
                    .object([
                        .init("path", .string(configuration.state.nvram)), .init("bytes", .integer($0.size)),
                        .init("modified", .integer($0.modified)),
                    ])
                } ?? .null),
            .init("uuid", .string(identity.uuid)), .init("mac", .string(identity.mac.description)), .init("kept", .bool(kept != nil)),
            .init("running", .bool(isRunning)),
            .init("lastStop", lastStop?.json ?? .null),
        ])
    }

    /// Keeps a start away while something is removed.
    /// - Throws: `tempFail` while a guest runs, whatever its state.run and its network namespace are.
    static func lock(_ configuration: Configuration) throws(OperationError) -> OwnedDescriptor {
        if let refusal = RunLock.refusal(directory: configuration.state.run, network: RunLock.thisNetwork) { throw refusal }
        let lock = try RunLock.lock(network: RunLock.thisNetwork)
        let file = open(configuration.state.nvram, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return lock }
        let variables = OwnedDescriptor(adopting: file)
        // QEMU locks its images by open file descriptions: docs/system/qemu-block-drivers, "image locking".
        guard mv_is_locked(variables.rawValue) != 1 else {
            throw OperationError(
                "remove", configuration.state.nvram, cause: "a guest is running with it", remedy: "shut that guest down first",
                exit: .tempFail)
        }
        return lock
    }
}
