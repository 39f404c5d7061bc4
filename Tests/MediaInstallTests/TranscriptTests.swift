import Foundation
import Lifecycle
import SystemPackage
import Testing

@testable import MediaInstall

struct TranscriptTests {
    private func scratch() throws -> FilePath {
        let path = FilePath(FileManager.default.temporaryDirectory.path).appending("transcript-" + UUID().uuidString)
        try FileManager.default.createDirectory(atPath: path.string, withIntermediateDirectories: true)
        return path
    }

    private static let events: [InstallationEvent] =
        InstallationTests.installing + [
            .written(5), .reset(byGuest: true), .signal, .deadline, .shutdown(byGuest: false, reason: "host-qmp-quit"),
            .ended(.signalled(9)),
        ]

    private static let others: [InstallationEvent] = [
        .startFailed("x"), .panicked, .diskError(noSpace: true, reason: "full"), .connectionLost("closed"), .verified(objection: nil),
        .verified(objection: "x"), .published(objection: "y"), .mailbox(.failed(.noDisk, "a b")), .mailbox(.again(2, "crash")),
    ]

    @Test func everyEventIsReadAsItWasWritten() throws {
        for event in Self.events + Self.others {
            let data = try JSONEncoder().encode(TranscriptEntry(time: 1, event))
            #expect(try JSONDecoder().decode(TranscriptEntry.self, from: data).event == event)
        }
    }

    /// What was recorded, played again, leads to the same actions.
    @Test func aTranscriptCanBePlayedAgain() throws {
        let directory = try scratch()
        defer { try? FileManager.default.removeItem(atPath: directory.string) }
        let transcript = try Transcript(in: directory, hiding: [])
        let subject = Installation.Subject(isProvisioned: false, build: "24G84")
        var policy = InstallationPolicy()
        #expect(policy.set("look", 5) && !policy.set("nothing", 5) && !policy.set("look", -1))
        transcript.record(TranscriptEntry.Header(program: "1", subject: subject, policy: policy, ways: ["a"], version: "15.6"))
        var course = Installation(subject, policy: policy)
        for event in Self.events {
            transcript.record(event)
            for action in course.handle(event) { transcript.record(action) }
        }
        let entries = try Transcript.read(directory)
        let header = try #require(entries.first?.header)
        var again = Installation(header.subject, policy: header.policy)
        var expected: [[String?]] = []
        for entry in entries {
            if let event = entry.event { expected += again.handle(event).map { [$0.name, $0.detail] } }
        }
        #expect(entries.filter { $0.kind == .action }.map { [$0.name, $0.text] } == expected)
        #expect(expected.last == ["finish", "interrupted"])
        // A line that was cut off by a kill.
        let file = try FileHandle(forWritingTo: URL(filePath: directory.appending(Transcript.name).string))
        try file.seekToEnd()
        try file.write(contentsOf: Data(#"{"kind":"ev"#.utf8))
        #expect(try Transcript.read(directory).count == entries.count)
    }

    @Test func secretsAreLeftOut() throws {
        let directory = try scratch()
        defer { try? FileManager.default.removeItem(atPath: directory.string) }
        let transcript = try Transcript(in: directory, hiding: ["C02SECRET", "52:54:00:11:22:33", ""])
        transcript.note("qemu", "-device x,mac=52:54:00:11:22:33 -uuid C02SECRET")
        transcript.record(InstallationEvent.mailbox(.line("serial C02SECRET")))
        let text = try String(contentsOfFile: directory.appending(Transcript.name).string, encoding: .utf8)
        #expect(!text.contains("C02SECRET") && !text.contains("11:22:33") && text.contains("(hidden)"))
    }

    private func explained(_ events: [InstallationEvent], picture: (String) -> Data? = { _ in nil }) -> String {
        let header = TranscriptEntry.Header(
            program: "1.0", subject: Installation.Subject(build: "24G84"), policy: InstallationPolicy(), ways: ["menu bar", "letters"],
            version: "15.6")
        var entries = [TranscriptEntry(time: 0, .header, "mkimage", header: header)]
        var course = Installation(header.subject, policy: header.policy)
        for (index, event) in events.enumerated() {
            entries.append(TranscriptEntry(time: Double(index * 60), event))
            for case .capture(let name) in course.handle(event) {
                entries.append(TranscriptEntry(time: Double(index * 60), .screen, name, text: "\(entries.count)-\(name).png"))
            }
        }
        return Explanation(entries, picture: picture).lines.joined(separator: "\n")
    }

    @Test func explanations() {
        let lost = [InstallationEvent.start(after: .nothing), .ready] + Array(repeating: .deadline, count: 25) + [.ended(.exited(0))]
        let same = explained(lost) { _ in Data("one".utf8) }
        #expect(same.contains("it stopped in stage 2, open its terminal: keys were pressed 24 times"))
        #expect(same.contains("the ways that were tried: menu bar; letters"))
        #expect(same.contains("the screen was the same at all 24 attempts"))
        #expect(same.contains("to try: look at the screens"))
        #expect(explained(lost) { Data($0.utf8) }.contains("the screen changed between the attempts"))
        #expect(explained(InstallationTests.installing).contains("it ends in stage 5, macOS installs itself, without an end"))
        #expect(explained([.start(after: .verified), .published(objection: nil)]).contains("it was completed"))
        #expect(explained([.start(after: .nothing), .signal, .ended(.signalled(15))]).contains("it was interrupted in stage 1"))
    }
}
