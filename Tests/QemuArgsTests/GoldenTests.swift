import Foundation
import QemuArgs
import Testing

/// Whole command lines, one argument a line. `BOOT_UPDATE_GOLDENS=1 swift test` rewrites them: read the diff before you commit it.
struct GoldenTests {
    static let fixtures = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Fixtures")
    static let provenance = "# Written by GoldenTests (BOOT_UPDATE_GOLDENS=1) from Guests."

    @Test(arguments: Guests.all.map(\.name))
    func commandLine(name: String) throws {
        let guest = try #require(Guests.all.first { $0.name == name }).guest
        let text = "\(Self.provenance)\(name)\n" + (try guest.commandLine().lines.joined(separator: "\n")) + "\n"
        let file = Self.fixtures.appending(path: name + ".args")
        if ProcessInfo.processInfo.environment["BOOT_UPDATE_GOLDENS"] == "1" { try text.write(to: file, atomically: true, encoding: .utf8) }
        let golden = try String(contentsOf: file, encoding: .utf8)
        #expect(text.split(separator: "\n") == golden.split(separator: "\n"))
    }

    @Test func everyGoldenHasAGuest() throws {
        let files = try FileManager.default.contentsOfDirectory(atPath: Self.fixtures.path).filter { $0.hasSuffix(".args") }
        #expect(Set(files) == Set(Guests.all.map { $0.name + ".args" }))
    }
}
