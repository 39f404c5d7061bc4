import Lifecycle

/// A line of a transcript: something that happened, or that was done.
package struct TranscriptEntry: Codable, Equatable, Sendable {
    package enum Kind: String, Codable, Sendable {
        /// The first line: what was asked for, and the policy.
        case header
        /// What reached the state machine.
        case event
        /// What the state machine wanted.
        case action
        /// Keys that were pressed.
        case key
        /// A picture: `text` is its file.
        case screen
        /// QEMU's event, as it came, and anything else for people.
        case note
    }

    /// Seconds since the start of the command.
    package var time: Double
    package var kind: Kind
    /// Of the event: "mailbox".
    package var name: String
    package var text: String?
    package var number: Int?
    package var flag: Bool?
    package var header: Header?

    /// What replaying needs.
    package struct Header: Codable, Equatable, Sendable {
        /// Raised when a field changes its meaning.
        package var schemaVersion = 1
        package var program: String
        package var subject: Installation.Subject
        package var policy: InstallationPolicy
        /// The ways to the terminal, in the order in which they are tried.
        package var ways: [String]
        /// Of the installer.
        package var version: String

        package init(program: String, subject: Installation.Subject, policy: InstallationPolicy, ways: [String], version: String) {
            (self.program, self.subject, self.policy) = (program, subject, policy)
            (self.ways, self.version) = (ways, version)
        }
    }

    package init(
        time: Double, _ kind: Kind, _ name: String, text: String? = nil, number: Int? = nil, flag: Bool? = nil, header: Header? = nil
    ) {
        (self.time, self.kind, self.name, self.text) = (time, kind, name, text)
        (self.number, self.flag, self.header) = (number, flag, header)
    }

    package init(time: Double, _ event: InstallationEvent) {
        func entry(_ name: String, text: String? = nil, number: Int? = nil, flag: Bool? = nil) -> TranscriptEntry {
            TranscriptEntry(time: time, .event, name, text: text, number: number, flag: flag)
        }
        self =
            switch event {
            case .start(let step): entry("start", text: step.rawValue)
            case .ready: entry("ready")
            case .startFailed(let reason): entry("start-failed", text: reason)
            case .signal: entry("signal")
            case .deadline: entry("deadline")
            case .mailbox(let message): entry("mailbox", text: message.text)
            case .shutdown(let byGuest, let reason): entry("shutdown", text: reason, flag: byGuest)
            case .reset(let byGuest): entry("reset", flag: byGuest)
            case .panicked: entry("panicked")
            case .diskError(let noSpace, let reason): entry("disk-error", text: reason, flag: noSpace)
            case .written(let bytes): entry("written", number: bytes)
            case .connectionLost(let reason): entry("connection-lost", text: reason)
            case .ended(.exited(let status)): entry("exited", number: Int(status))
            case .ended(.signalled(let signal)): entry("signalled", number: Int(signal))
            case .verified(let objection): entry("verified", text: objection)
            case .published(let objection): entry("published", text: objection)
            }
    }

    package init(time: Double, _ action: InstallationAction) {
        self.init(time: time, .action, action.name, text: action.detail)
    }

    /// nil for what is no event.
    package var event: InstallationEvent? {
        guard kind == .event else { return nil }
        switch name {
        case "start": return text.flatMap { InstallationStep(rawValue: $0) }.map { .start(after: $0) }
        case "ready": return .ready
        case "start-failed": return .startFailed(text ?? "")
        case "signal": return .signal
        case "deadline": return .deadline
        case "mailbox": return text.flatMap { ScriptMessage($0) }.map { .mailbox($0) }
        case "shutdown": return .shutdown(byGuest: flag ?? false, reason: text ?? "")
        case "reset": return .reset(byGuest: flag ?? false)
        case "panicked": return .panicked
        case "disk-error": return .diskError(noSpace: flag ?? false, reason: text ?? "")
        case "written": return .written(number ?? 0)
        case "connection-lost": return .connectionLost(text ?? "")
        case "exited": return .ended(.exited(Int32(clamping: number ?? 0)))
        case "signalled": return .ended(.signalled(Int32(clamping: number ?? 0)))
        case "verified": return .verified(objection: text)
        case "published": return .published(objection: text)
        default: return nil
        }
    }
}

extension InstallationAction {
    package var name: String {
        switch self {
        case .launch: "launch"
        case .press: "press"
        case .stopKeys: "stop-keys"
        case .pressPowerButton: "power-button"
        case .confirm: "confirm"
        case .quit: "quit"
        case .terminate: "terminate"
        case .kill: "kill"
        case .arm: "arm"
        case .disarm: "disarm"
        case .measure: "measure"
        case .capture: "capture"
        case .complete: "complete"
        case .verify: "verify"
        case .publish: "publish"
        case .cancelWork: "cancel-work"
        case .report: "report"
        case .finish: "finish"
        }
    }

    /// Its values, for people and for comparison.
    package var detail: String? {
        switch self {
        case .launch(let part): part.rawValue
        case .press(let attempt): String(attempt)
        case .arm(let seconds): "\(seconds) s"
        case .capture(let name): name
        case .complete(let step): step.rawValue
        case .report(let report): report.text
        case .finish(let outcome): outcome.text
        case .stopKeys, .pressPowerButton, .confirm, .quit, .terminate, .kill, .disarm, .measure, .verify, .publish, .cancelWork: nil
        }
    }
}

extension InstallationReport {
    package var text: String {
        switch self {
        case .stage(let stage): "stage \(stage.number) \(stage.title)"
        case .percent(let percent): "\(percent) %"
        case .attempt(let number, let limit): "keys, attempt \(number) of at most \(limit)"
        case .line(let line): line
        case .recoveryRestarted: "the recovery has restarted"
        case .restarted(let count): "restart \(count)"
        case .quiet(let count, let limit): "the disk is quiet, \(count) of \(limit)"
        case .forced: "macOS did not power off by its button: ending QEMU, its disks written"
        case .failed(let failure): failure.cause
        }
    }
}

extension InstallationOutcome {
    package var text: String {
        switch self {
        case .done: "done"
        case .failed(let failure): "failed: " + failure.cause
        case .interrupted: "interrupted"
        }
    }
}
