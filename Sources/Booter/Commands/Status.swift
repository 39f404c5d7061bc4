import ArgumentParser
import BootSettings
import Diagnostics
import Glibc
import LinuxSupport
import QMP

struct Status: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Show a supervised guest: its phase, its figures and the last events.",
        discussion: "Exits with 75 when no boot supervises a guest here, and when what --check or --wait-ready asks for is not so.")
    @OptionGroup var options: ConfigurationOptions
    @Flag(help: "Print one line of JSON, which docs/supervision.md describes.") var json = false
    @Flag(help: "Print metrics in Prometheus's text format.") var metrics = false
    @Flag(help: "Print nothing, and exit with 0 only while the guest is running: for a health check.") var check = false
    @Option(help: "Wait until the guest is ready, at most so many seconds; print nothing, and exit with 0 when it is.") var waitReady: Int?
    @Flag(help: "Show it again and again, until the supervisor ends or a signal comes.") var watch = false
    @Argument(help: "With --watch: how many seconds apart.") var seconds: Int?

    func validate() throws {
        if let waitReady, !(0...86_400).contains(waitReady) { throw ValidationError("--wait-ready takes 0 to 86400 seconds.") }
        if seconds != nil, !watch { throw ValidationError("SECONDS belongs to --watch.") }
        if let seconds, !(1...3600).contains(seconds) { throw ValidationError("--watch takes 1 to 3600 seconds.") }
        let ways = [metrics, check, waitReady != nil, watch || json].filter { $0 }
        if ways.count > 1 { throw ValidationError("Choose one of --json or --watch, --metrics, --check and --wait-ready.") }
    }

    func run() throws {
        try Report.errors { () throws(OperationError) in
            let path = try options.load().configuration.state.supervisor
            if metrics {
                let text = String(decoding: try SupervisorClient(path, asking: .metrics).answer(), as: UTF8.self)
                return try Output.print(String(text.dropLast()))
            }
            if let waitReady { return try ReadyWait(path: path).run(within: .seconds(waitReady)) }
            if watch {
                var watch = StatusWatch(path: path, interval: .seconds(seconds ?? 2), json: json)
                return try watch.run()
            }
            let status = try Self.ask(path)
            if check {
                guard status["phase"] == .string("running") else {
                    throw OperationError("check", "the guest", cause: "it is not running", exit: .tempFail)
                }
            } else if json {
                try Output.print(status.text)
            } else {
                try Output.print(StatusText(status).lines.joined(separator: "\n"))
            }
        }
    }

    /// - Throws: when no supervisor answers.
    static func ask(_ path: String) throws(OperationError) -> QMP.JSONValue {
        var text = JSONText(try SupervisorClient(path, asking: .status).answer())
        guard let status = text.value() else {
            throw OperationError("read", "the supervisor's answer", cause: "it is no JSON", exit: .software)
        }
        return status
    }
}

/// Waits for a guest that can be worked with, for scripts.
struct ReadyWait {
    let path: String

    /// Asks once a second: a supervisor that does not run yet cannot be waited for in another way.
    /// - Throws: `tempFail` when the time is over, with the condition that is not met.
    func run(within time: Duration) throws(OperationError) {
        let deadline = ContinuousClock.now + time
        let signals = try Signals([SIGTERM, SIGINT, SIGHUP])
        while true {
            let missing: OperationError
            do {
                let readiness = try Status.ask(path)["readiness"]
                if readiness?["ready"] == .bool(true) { return }
                missing = OperationError("wait for", "the guest", cause: StatusText.missing(readiness), exit: .tempFail)
            } catch  where error.exit == .tempFail {
                missing = error
            }
            let now = ContinuousClock.now
            guard now < deadline else { throw missing }
            _ = PollDeadline(min(deadline, now + .seconds(1))).wait(for: signals.rawValue)
            if signals.nextRequest() != nil { throw OperationError("", "", cause: "interrupted", exit: .interrupted) }
        }
    }
}
