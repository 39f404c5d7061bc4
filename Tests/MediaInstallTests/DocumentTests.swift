import TestSupport
import Testing

@testable import MediaInstall

/// docs/mkimage.md says what the code does.
@Suite(.enabled(if: !Document.all.isEmpty, "the documents are not beside the tests"))
struct MkImageDocumentTests {
    private static let document = Document.all.first { $0.name == "docs/mkimage.md" }

    private static func table(_ name: String) -> [String] {
        let lines = (document?.lines ?? []).map { String($0) }
        guard let start = lines.firstIndex(of: "<!-- \(name):begin -->"), let end = lines.firstIndex(of: "<!-- \(name):end -->"),
            start < end
        else { return [] }
        return Array(lines[(start + 3)..<end])
    }

    private static func number(_ value: Double) -> String { value == value.rounded() ? String(Int(value)) : String(value) }

    @Test func timesAreTheCodes() {
        let expected = InstallationTime.allCases.map { "| `\($0.rawValue)` | \(Self.number($0.seconds)) | \($0.meaning) |" }
        #expect(Self.table("times") == expected)
    }

    @Test func limitsAreTheCodes() {
        #expect(Self.table("limits") == InstallationLimit.allCases.map { "| `\($0.rawValue)` | \($0.standard) | \($0.meaning) |" })
    }

    @Test func stagesAreTheCodes() {
        let lines = Self.document?.lines ?? []
        for stage in InstallationStage.allCases {
            #expect(lines.contains { $0.hasPrefix("| \(stage.number) \(stage.title) |") }, "\(stage)")
        }
    }

    @Test func theExampleIsATableOfKeys() throws {
        let lines = Self.document?.lines ?? []
        let start = try #require(lines.firstIndex(of: "[[way]]"))
        let text = lines[start...].prefix { !$0.hasPrefix("```") }.joined(separator: "\n")
        #expect(try KeyTable(Array(text.utf8), name: "docs/mkimage.md").ways.count == 1)
    }
}
