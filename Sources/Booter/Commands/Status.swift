import ArgumentParser
import BootSettings
import Diagnostics
import QMP

struct Status: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Show a supervised guest: its phase, its figures and the last events.",
        discussion: "Exits with 75 when no boot supervises a guest here.")
    @OptionGroup var options: ConfigurationOptions
    @Flag(help: "Print one line of JSON, which docs/supervision.md describes.") var json = false
    @Flag(help: "Print nothing, and exit with 0 only while the guest is running: for a health check.") var check = false

    func run() throws {
        try Report.errors { () throws(OperationError) in
            let path = try options.load().configuration.state.supervisor
            let answer = try SupervisorClient(path, asking: .status).answer()
            var text = JSONText(answer)
            guard let status = text.value() else {
                throw OperationError("read", "the supervisor's answer", cause: "it is no JSON", exit: .software)
            }
            if check {
                guard status["phase"] == .string("running") else {
                    throw OperationError("check", "the guest", cause: "it is not running", exit: .tempFail)
                }
            } else if json {
                try Output.print(status.text)
            } else {
                try Output.print(StatusText(status: status).lines.joined(separator: "\n"))
            }
        }
    }
}

/// The supervisor's status for people.
struct StatusText {
    let status: QMP.JSONValue

    var lines: [String] {
        let guest = status["guest"]
        var lines = [
            "phase     \(text(status["phase"])) for \(text(status["phaseSeconds"])) s"
                + (status["stopRequested"] == .bool(true) ? ", to be stopped" : ""),
            "guest     \(text(guest?["address"])), \(text(guest?["vcpus"])) vCPUs, \(text(guest?["memoryMiB"])) MiB, "
                + "\(text(guest?["disk"])), VNC \(text(guest?["vnc"]))",
            "starts    \(text(status["starts"])), \(text(status["failuresInARow"])) failures in a row",
        ]
        if let qemu = status["qemu"], qemu != .null {
            lines.append(
                "QEMU      process \(text(qemu["pid"])), \(text(qemu["processorSeconds"])) s of processor time, "
                    + "\(text(qemu["residentMiB"])) MiB resident")
        }
        guard case .array(let events) = status["events"] else { return lines }
        return lines + events.suffix(10).map { "\(time($0["time"]))  \(text($0["text"]))" }
    }

    private func text(_ value: QMP.JSONValue?) -> String {
        switch value {
        case .string(let text): text.printable
        case .integer(let number): String(number)
        default: "-"
        }
    }

    /// Of the day, UTC.
    private func time(_ value: QMP.JSONValue?) -> String {
        guard case .integer(let seconds) = value, seconds >= 0 else { return "--:--:--" }
        return [seconds / 3600 % 24, seconds / 60 % 60, seconds % 60].map { ($0 < 10 ? "0" : "") + String($0) }.joined(separator: ":")
    }
}
