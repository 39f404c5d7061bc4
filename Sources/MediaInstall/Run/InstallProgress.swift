import Diagnostics
import Foundation
import Glibc
import Synchronization

/// Shows an installation: numbered stages on standard error, how far the current one is on a terminal, or lines of JSON for programs.
package final class InstallProgress: Sendable {
    package enum Style: Sendable { case text, json, quiet }

    /// One line of `--json`.
    package struct Line: Codable, Equatable, Sendable {
        package var schemaVersion = 1
        /// Of `InstallationStage`.
        package var stage: String
        package var number: Int
        package var of: Int
        package var percent: Double?
        /// Of this stage, as far as it can be told.
        package var secondsLeft: Int?
        package var line: String?
    }

    private struct State {
        var stage = InstallationStage.recovery
        var began = ContinuousClock.now
        /// The first percentage and when it came.
        var first: (percent: Double, time: ContinuousClock.Instant)?
        var percent: Double?
        var line: String?
        var isOpen = false
        /// The last tenth that was shown where there is no terminal.
        var tenth = 0
    }

    private let style: Style
    private let terminal = isatty(STDERR_FILENO) == 1
    private let state = Mutex(State())

    package init(_ style: Style) { self.style = style }

    package func show(_ report: InstallationReport) {
        let text = state.withLock { state -> String in
            switch report {
            case .stage(let stage):
                let ended = Self.end(&state)
                (state.stage, state.began, state.first, state.percent, state.line, state.tenth) = (stage, .now, nil, nil, nil, 0)
                state.isOpen = true
                return ended + Self.head(stage) + (terminal ? "" : "\n")
            case .percent(let percent):
                if state.first == nil { state.first = (percent, .now) }
                state.percent = percent
                return update(&state)
            case .attempt, .line, .restarted, .quiet:
                state.line = report.text
                return update(&state)
            case .recoveryRestarted, .forced:
                state.line = report.text
                return (terminal ? "\r\u{1B}[K" : "") + "  note: \(report.text)\n"
            case .failed: return Self.end(&state, word: "failed")
            }
        }
        if style == .json { announce() } else { write(text) }
    }

    /// Ends the line of the last stage.
    package func finish() {
        let text = state.withLock { Self.end(&$0) }
        if style == .text { write(text) }
    }

    /// A message, on a line of its own.
    package func say(_ text: String) {
        if style != .quiet { FileHandle.standardErrorText(text + "\n") }
    }

    private static func head(_ stage: InstallationStage) -> String {
        "[\(stage.number)/\(InstallationStage.allCases.count)] \(stage.title) ... "
    }

    private static func end(_ state: inout State, word: String = "ok") -> String {
        guard state.isOpen else { return "" }
        state.isOpen = false
        let seconds = Int((ContinuousClock.now - state.began) / .seconds(1))
        return (isatty(STDERR_FILENO) == 1 ? "\r\u{1B}[K" : "") + "\(head(state.stage))\(word) \(seconds) s\n"
    }

    /// What is new, on a terminal in place of what was before.
    private func update(_ state: inout State) -> String {
        let percent = state.percent.map { "\($0) %" }
        let left = Self.left(state).map { "about \(max(1, ($0 + 59) / 60)) min left" }
        let parts = [percent, left, state.line?.printable].compactMap { $0 }.joined(separator: ", ")
        if terminal { return "\r\u{1B}[K" + Self.head(state.stage) + String(parts.prefix(100)) }
        let tenth = Int((state.percent ?? 0) / 10)
        guard tenth > state.tenth else { return "" }
        state.tenth = tenth
        return "  \(parts)\n"
    }

    /// Seconds, by the speed since the first percentage; nil before there is one.
    private static func left(_ state: State) -> Int? {
        guard let first = state.first, let percent = state.percent, percent > first.percent else { return nil }
        let passed = (ContinuousClock.now - first.time) / .seconds(1)
        return Int(passed * (100 - percent) / (percent - first.percent))
    }

    private func announce() {
        let line = state.withLock { state in
            Line(
                stage: state.stage.rawValue, number: state.stage.number, of: InstallationStage.allCases.count, percent: state.percent,
                secondsLeft: Self.left(state), line: state.line)
        }
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        guard let data = try? encoder.encode(line) else { return }
        try? FileHandle.standardOutput.write(contentsOf: data + Data("\n".utf8))
    }

    private func write(_ text: String) {
        if style == .text, !text.isEmpty { FileHandle.standardErrorText(text) }
    }
}

extension FileHandle {
    /// Work goes on when standard error is closed.
    fileprivate static func standardErrorText(_ text: String) { try? standardError.write(contentsOf: Data(text.utf8)) }
}
