import Foundation
import Testing

/// Files of Fixtures that tests compare with, and write themselves when BOOT_UPDATE_GOLDENS=1: read the difference before
/// committing it.
enum Golden {
    static let directory = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Fixtures")
    private static let isUpdating = ProcessInfo.processInfo.environment["BOOT_UPDATE_GOLDENS"] == "1"

    static func text(_ name: String) throws -> String { try String(contentsOf: directory.appending(path: name), encoding: .utf8) }

    static func expect(_ text: String, _ name: String, sourceLocation: SourceLocation = #_sourceLocation) throws {
        if isUpdating { try Data(text.utf8).write(to: directory.appending(path: name)) }
        let expected = try Self.text(name).split(separator: "\n", omittingEmptySubsequences: false)
        let difference = text.split(separator: "\n", omittingEmptySubsequences: false).difference(from: expected).map { change in
            switch change {
            case .insert(let offset, let line, _): "+\(offset + 1): \(line)"
            case .remove(let offset, let line, _): "-\(offset + 1): \(line)"
            }
        }
        #expect(difference.isEmpty, "\(name):\n\(difference.joined(separator: "\n"))", sourceLocation: sourceLocation)
    }
}
