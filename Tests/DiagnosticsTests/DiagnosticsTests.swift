import Diagnostics
import FoundationEssentials
import Testing

struct DiagnosticsTests {
    /// The first column of the table in docs/exit-codes.md.
    static func documentedCodes() throws -> [Int32] {
        var path = URL(filePath: #filePath)
        for _ in 0..<3 { path.deleteLastPathComponent() }
        let page = String(decoding: try Data(contentsOf: path.appending(path: "docs/exit-codes.md")), as: UTF8.self)
        return page.split(separator: "\n").compactMap { line in
            line.hasPrefix("| ") ? Int32(line.dropFirst(2).prefix { $0.isNumber }) : nil
        }
    }

    @Test func everyExitCodeIsDocumented() throws {
        #expect(try Self.documentedCodes() == Diagnostics.ExitStatus.allCases.map(\.rawValue))
    }

    @Test(arguments: [
        ("plain text", "plain text"), ("grün 漢", "grün 漢"), ("a\u{1b}[2Jb\r\n", "a?[2Jb??"), ("x\u{202e}y\u{2069}z", "x?y?z"),
        ("\u{200f}\u{61c}", "??"), ("\u{85}\u{7f}\u{0}\u{2028}", "????"), ("", ""),
    ])
    func printableTextHasNoControls(text: String, shown: String) {
        #expect(text.printable == shown)
    }

    @Test func errorsNameOperationObjectCauseAndRemedy() {
        let error = OperationError("open disk", "/dev/sdb", cause: "Permission denied", remedy: "run it as root", exit: .noPermission)
        #expect(error.description == "open disk /dev/sdb: Permission denied\n  run it as root" && error.exitCode == 77)
        #expect(OperationError("", "", cause: "interrupted", exit: .interrupted).description == "interrupted")
    }
}
