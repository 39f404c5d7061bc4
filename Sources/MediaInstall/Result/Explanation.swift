package import Diagnostics
package import Foundation
import HostSupport
package import SystemPackage

/// A transcript in words: what happened, where it stopped and what to try.
package struct Explanation: Equatable, Sendable {
    package private(set) var lines: [String] = []

    /// - Throws: `noInput`, `dataError`.
    package init(_ directory: FilePath) throws(OperationError) {
        let entries = try Transcript.read(directory)
        self.init(entries) { try? InputFile.read(directory.appending($0)) }
    }

    /// - Parameter picture: the bytes of a picture by its file name; nil when it is not there.
    package init(_ entries: [TranscriptEntry], picture: (String) -> Data?) {
        // A resumed installation has several parts; the last one is where it stopped.
        let start = entries.lastIndex { $0.kind == .header } ?? 0
        let parts = entries.count { $0.kind == .header }
        if parts > 1 { lines.append("the last of \(parts) runs:") }
        guard start < entries.count, let header = entries[start].header else { return }
        let last = entries[start...]
        var course = Installation(header.subject, policy: header.policy)
        lines.append(
            "macOS \(header.version), \(header.subject.isProvisioned ? "with additions" : "vanilla"), by macos-virt \(header.program)")
        var outcome: InstallationOutcome?
        for entry in last {
            guard let event = entry.event else { continue }
            for action in course.handle(event) {
                switch action {
                case .report(let report):
                    if let text = Self.shown(report) { lines.append("\(Self.time(entry.time))  \(text)") }
                case .finish(let end): outcome = end
                default: break
                }
            }
        }
        explain(outcome, course, header)
        explainPictures(last, course, picture)
    }

    private static func shown(_ report: InstallationReport) -> String? {
        switch report {
        case .stage, .recoveryRestarted, .restarted, .forced, .attempt: report.text
        case .line(let line): "  " + line.printable
        case .percent, .quiet, .failed: nil
        }
    }

    private mutating func explain(_ outcome: InstallationOutcome?, _ course: Installation, _ header: TranscriptEntry.Header) {
        switch outcome {
        case .done: lines.append("it was completed")
        case .interrupted:
            lines.append("it was interrupted in stage \(course.stage.number), \(course.stage.title)")
            lines.append("to try: go on with --resume")
        case .failed(let failure):
            lines.append("it stopped in stage \(course.stage.number), \(course.stage.title): \(failure.cause)")
            if case .noAnswer = failure { lines.append("the ways that were tried: " + header.ways.joined(separator: "; ")) }
            lines.append("to try: \(failure.remedy)")
        case nil:
            lines.append(
                "it ends in stage \(course.stage.number), \(course.stage.title), without an end: the command was killed, or still runs")
            lines.append("to try: go on with --resume")
        }
    }

    /// Equal pictures at all attempts: no key had an effect.
    private mutating func explainPictures(
        _ entries: ArraySlice<TranscriptEntry>, _ course: Installation, _ picture: (String) -> Data?
    ) {
        let pictures = entries.filter { $0.kind == .screen }
        guard let last = pictures.last?.text else { return }
        lines.append("the last screen: \(last)")
        guard course.stage == .terminal else { return }
        let attempts = pictures.filter { $0.name.hasPrefix("attempt-") }.compactMap { $0.text.flatMap(picture) }
        guard attempts.count > 1 else { return }
        lines.append(
            Set(attempts).count == 1
                ? "the screen was the same at all \(attempts.count) attempts: the keys did not arrive, or the guest hangs"
                : "the screen changed between the attempts: the keys arrived, but led elsewhere")
    }

    private static func time(_ seconds: Double) -> String {
        let whole = Int(seconds)
        let (minutes, rest) = (String(whole / 60), String(whole % 60))
        return String(repeating: " ", count: max(0, 3 - minutes.count)) + minutes + ":" + (rest.count < 2 ? "0" : "") + rest
    }
}
