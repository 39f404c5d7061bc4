import Diagnostics
import Glibc
import Lifecycle
import LinuxSupport
import QMP

/// How the last supervised guest was stopped, as it is kept beside the guest's UEFI variables.
///
/// Written when a run begins, without an end, and again when it ends: a record without an end is one of a run that was cut off.
struct LastStop: Equatable, CustomStringConvertible {
    /// Seconds since 1970.
    var began: Int
    var end: End?

    struct End: Equatable {
        /// Seconds since 1970.
        var time: Int
        /// What was done last to end the guest; nil when it ended by itself.
        var stage: LifecycleStage?
        var exitCode: Int32
        /// One line; may quote other programs.
        var reason: String
        /// From the first start to the end.
        var seconds: Int
        /// Times that QEMU was started.
        var starts: Int
    }

    init(began: Int, end: End? = nil) { (self.began, self.end) = (began, end) }

    var description: String {
        guard let end else {
            return "it began at \(Self.text(began)) and was cut off: nobody shut the guest down"
        }
        let stage = end.stage.map { ", after \($0.title)" } ?? ""
        return "it ended at \(Self.text(end.time)), after \(end.seconds) s and \(end.starts) start\(end.starts == 1 ? "" : "s"): "
            + "\(end.reason.printable)\(stage), exit code \(end.exitCode)"
    }

    /// "2026-11-27 04:10:05 UTC"
    private static func text(_ seconds: Int) -> String {
        var (time, parts) = (time_t(seconds), tm())
        guard gmtime_r(&time, &parts) != nil else { return "\(seconds) s after 1970" }
        func two(_ number: Int32) -> String { (number < 10 ? "0" : "") + String(number) }
        return "\(Int(parts.tm_year) + 1900)-\(two(parts.tm_mon + 1))-\(two(parts.tm_mday)) "
            + "\(two(parts.tm_hour)):\(two(parts.tm_min)):\(two(parts.tm_sec)) UTC"
    }

    var json: QMP.JSONValue {
        .object([
            .init("schemaVersion", .integer(1)), .init("began", .integer(began)),
            .init("ended", end.map { .integer($0.time) } ?? .null), .init("stage", end?.stage.map { .string($0.word) } ?? .null),
            .init("exitCode", end.map { .integer(Int($0.exitCode)) } ?? .null), .init("reason", end.map { .string($0.reason) } ?? .null),
            .init("uptimeSeconds", end.map { .integer($0.seconds) } ?? .null), .init("starts", end.map { .integer($0.starts) } ?? .null),
        ])
    }

    /// nil when it is no record.
    init?(_ json: QMP.JSONValue) {
        guard case .integer(let began) = json["began"] else { return nil }
        self.init(began: began)
        guard case .integer(let time) = json["ended"], case .integer(let code) = json["exitCode"], let exitCode = Int32(exactly: code),
            case .string(let reason) = json["reason"], case .integer(let seconds) = json["uptimeSeconds"],
            case .integer(let starts) = json["starts"]
        else { return }
        var stage: LifecycleStage?
        if case .string(let word) = json["stage"] { stage = LifecycleStage.kept.first { $0.word == word } }
        end = End(time: time, stage: stage, exitCode: exitCode, reason: reason, seconds: seconds, starts: starts)
    }
}

/// The file of the record.
struct LastStopFile {
    let path: String

    /// nil when there is none, or none that `boot` wrote: a power cut can leave anything on a file system without a journal.
    func read() -> LastStop? {
        guard let bytes = try? FileRoot.live.prefix(path, bytes: 4096) else { return nil }
        var json = JSONText(bytes)
        guard let value = json.value(), json.isWhole else { return nil }
        return LastStop(value)
    }

    func write(_ stop: LastStop) throws(OperationError) {
        try StateFile.write(path, (stop.json.text + "\n").utf8, mode: 0o644, isDurable: true)
    }
}

extension LifecycleStage {
    /// Those that end a guest.
    fileprivate static let kept: [Self] = [.button, .secondPress, .quit, .terminate, .kill]

    /// In the record.
    fileprivate var word: String {
        switch self {
        case .button: "button"
        case .secondPress: "second-press"
        case .closing: "closing"
        case .quit: "quit"
        case .terminate: "sigterm"
        case .kill: "sigkill"
        }
    }

    /// For people.
    fileprivate var title: String {
        switch self {
        case .button: "one press of its power button"
        case .secondPress: "two presses of its power button"
        case .closing: "its own shutdown"
        case .quit: "QEMU's quit command"
        case .terminate: "SIGTERM"
        case .kill: "SIGKILL"
        }
    }
}
