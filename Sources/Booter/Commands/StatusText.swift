import Diagnostics
import QMP

/// The supervisor's status for people.
struct StatusText {
    private let status: QMP.JSONValue
    /// What was shown last, and how many milliseconds ago: the figures between the two are shown as rates.
    private let before: (status: QMP.JSONValue, milliseconds: Int)?

    init(_ status: QMP.JSONValue, after before: (status: QMP.JSONValue, milliseconds: Int)? = nil) {
        (self.status, self.before) = (status, before)
    }

    var lines: [String] {
        let guest = status["guest"]
        var lines = [
            "phase     \(text(status["phase"])) for \(text(status["phaseSeconds"])) s"
                + (status["stopRequested"] == .bool(true) ? ", to be stopped" : ""),
            "ready     \(ready)",
            "guest     \(text(guest?["address"])), \(text(guest?["vcpus"])) vCPUs, \(text(guest?["memoryMiB"])) MiB, "
                + "\(text(guest?["disk"])), VNC \(text(guest?["vnc"]))",
            "starts    \(text(status["starts"])), \(text(status["failuresInARow"])) failures in a row",
        ]
        if let lease = guest?["lease"], lease != .null {
            let name = lease["hostName"] == .null ? "" : " by the name \(text(lease["hostName"]))"
            lines.append("lease     \(text(lease["address"]))\(name)")
        }
        if let qemu = status["qemu"], qemu != .null {
            lines.append(
                "QEMU      process \(text(qemu["pid"])), \(text(qemu["processorSeconds"])) s of processor time, "
                    + "\(text(qemu["residentMiB"])) MiB resident")
        }
        for disk in disks {
            lines.append(
                "disk      \(text(disk["name"])): read \(amount(disk, "bytesRead")), written \(amount(disk, "bytesWritten")), "
                    + "\(text(disk["flushes"])) flushes, \(text(disk["failures"])) failures")
        }
        if let network = status["network"], network != .null {
            lines.append("network   received \(amount(network, "bytesReceived")), sent \(amount(network, "bytesSent"))")
        }
        if let last = status["lastStop"].flatMap({ LastStop($0) }) { lines.append("last run  \(last)") }
        guard case .array(let events) = status["events"] else { return lines }
        return lines + events.suffix(10).map { "\(Self.time($0["time"]))  \(text($0["text"]))" }
    }

    /// One line, for a log.
    var line: String {
        var words = [text(status["phase"]), status["readiness"]?["ready"] == .bool(true) ? "ready" : "not ready"]
        if let qemu = status["qemu"], qemu != .null { words.append("\(text(qemu["residentMiB"])) MiB resident") }
        for disk in disks {
            words.append("\(text(disk["name"])) read \(amount(disk, "bytesRead")), written \(amount(disk, "bytesWritten"))")
        }
        if let network = status["network"], network != .null {
            words.append("received \(amount(network, "bytesReceived")), sent \(amount(network, "bytesSent"))")
        }
        return words.joined(separator: "; ")
    }

    private var ready: String {
        let readiness = status["readiness"]
        let since = "for \(text(readiness?["sinceSeconds"])) s"
        return readiness?["ready"] == .bool(true) ? "yes, \(since)" : "no, \(since): \(Self.missing(readiness))"
    }

    /// The condition of readiness that is not met.
    static func missing(_ readiness: QMP.JSONValue?) -> String {
        switch readiness?["missing"] {
        case .string("guest"): return "it does not run"
        case .string("lease"): return "it has not asked for its address by DHCP"
        case .string("port"):
            guard case .integer(let port) = readiness?["port"] else { return "its port does not answer" }
            return "its TCP port \(port) does not answer"
        default: return "it is not ready"
        }
    }

    private var disks: [QMP.JSONValue] {
        if case .array(let disks) = status["disks"] { disks } else { [] }
    }

    /// A count of bytes, or their rate since the status before.
    private func amount(_ part: QMP.JSONValue, _ name: String) -> String {
        guard case .integer(let bytes) = part[name] else { return "-" }
        guard let before, before.milliseconds > 0 else { return Self.size(bytes) }
        guard let earlier = earlier(part), case .integer(let then) = earlier[name], then <= bytes, bytes - then < 1 << 50 else {
            return "-"
        }
        return Self.size((bytes - then) * 1000 / before.milliseconds) + "/s"
    }

    /// The same disk, or the network, in the status before.
    private func earlier(_ part: QMP.JSONValue) -> QMP.JSONValue? {
        guard let name = part["name"] else { return before?.status["network"] }
        guard case .array(let disks) = before?.status["disks"] else { return nil }
        return disks.first { $0["name"] == name }
    }

    private static func size(_ bytes: Int) -> String {
        guard bytes >> 10 > 0, bytes >> 20 == 0 else { return ByteCount(bytes).description }
        return "\(bytes >> 10) KiB"
    }

    private func text(_ value: QMP.JSONValue?) -> String {
        switch value {
        case .string(let text): text.printable
        case .integer(let number): String(number)
        default: "-"
        }
    }

    /// Of the day, UTC.
    static func time(_ value: QMP.JSONValue?) -> String {
        guard case .integer(let seconds) = value, seconds >= 0 else { return "--:--:--" }
        return [seconds / 3600 % 24, seconds / 60 % 60, seconds % 60].map { ($0 < 10 ? "0" : "") + String($0) }.joined(separator: ":")
    }
}
