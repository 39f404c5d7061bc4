import Foundation
import Testing

@testable import Booter

/// Files of Fixtures/plans that tests compare with, and write themselves when BOOT_UPDATE_GOLDENS=1: read the difference before
/// committing it.
enum Golden {
    static let directory = SavedHost.directory.appendingPathComponent("../plans").standardized
    static let isUpdating = ProcessInfo.processInfo.environment["BOOT_UPDATE_GOLDENS"] == "1"

    static func expect(_ text: String, _ name: String, sourceLocation: SourceLocation = #_sourceLocation) throws {
        let file = directory.appendingPathComponent(name)
        if isUpdating { try Data(text.utf8).write(to: file) }
        let expected = try String(contentsOf: file, encoding: .utf8).split(separator: "\n", omittingEmptySubsequences: false)
        let actual = text.split(separator: "\n", omittingEmptySubsequences: false)
        let difference = actual.difference(from: expected).map { change in
            switch change {
            case .insert(let offset, let line, _): "+\(offset + 1): \(line)"
            case .remove(let offset, let line, _): "-\(offset + 1): \(line)"
            }
        }
        #expect(difference.isEmpty, "\(name):\n\(difference.joined(separator: "\n"))", sourceLocation: sourceLocation)
    }

    /// A plan without the facts that it is made of.
    struct Summary: Encodable {
        var decisions: [Decision]
        var findings: [Finding]
        var steps: [Step]
        var guest: GuestSummary?
        var argv: [String]?
    }

    static func json(_ plan: BootPlan) throws -> String {
        try Output.json(
            Summary(decisions: plan.decisions, findings: plan.findings, steps: plan.steps, guest: plan.guest, argv: plan.qemu?.argv)) + "\n"
    }
}
