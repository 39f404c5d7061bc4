import Diagnostics
import Foundation
import Glibc
import HostSupport
import SystemPackage
import Testing

@Suite struct DraftTests {
    private let directory = FilePath(NSTemporaryDirectory()).appending("draft-\(UUID().uuidString)")

    private var names: [String] { (try? FileManager.default.contentsOfDirectory(atPath: directory.string)) ?? [] }

    @Test func aFailureLeavesNothing() async throws {
        defer { try? FileManager.default.removeItem(atPath: directory.string) }
        await #expect(throws: OperationError.self) {
            try await Draft.with(in: directory) { (draft) async throws(OperationError) in
                try DraftFile.makeDirectory(draft.path("a/b"))
                throw OperationError("make", "it", cause: "a test", exit: .software)
            }
        }
        #expect(names == [])
    }

    @Test func aResultReplacesWhatWasThere() async throws {
        defer { try? FileManager.default.removeItem(atPath: directory.string) }
        try DraftFile.makeDirectory(directory)
        try "old".write(toFile: directory.appending("image").string, atomically: true, encoding: .utf8)
        let place = directory.appending("image")
        try await Draft.with(in: directory) { (draft) async throws(OperationError) in
            #expect(FileManager.default.createFile(atPath: draft.path("new").string, contents: Data("new".utf8)))
            try draft.publish("new", as: place)
        }
        #expect(names == ["image"])
        #expect(try String(contentsOfFile: place.string, encoding: .utf8) == "new")
    }

    @Test func whatAKilledProcessLeftIsRemoved() async throws {
        defer { try? FileManager.default.removeItem(atPath: directory.string) }
        try DraftFile.makeDirectory(directory.appending(".macos-virt-draft-dead01/deep"))
        try await Draft.with(in: directory) { (_) async throws(OperationError) in }
        #expect(names == [])
    }

    /// In /tmp anybody can put something under such a name.
    @Test func whatIsNotOursIsLeftAlone() async throws {
        defer { try? FileManager.default.removeItem(atPath: directory.string) }
        let elsewhere = directory.appending("elsewhere/private")
        try DraftFile.makeDirectory(elsewhere)
        try FileManager.default.setAttributes([.posixPermissions: 0o700], ofItemAtPath: elsewhere.string)
        let link = directory.appending(".macos-virt-draft-link01").string
        try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: "elsewhere")
        var all = [".macos-virt-draft-link01", "elsewhere"]
        if geteuid() == 0 {
            let foreign = directory.appending(".macos-virt-draft-other1")
            try DraftFile.makeDirectory(foreign)
            #expect(chown(foreign.string, 65534, 65534) == 0)
            all.append(".macos-virt-draft-other1")
        }
        try await Draft.with(in: directory) { (_) async throws(OperationError) in }
        #expect(names.sorted() == all.sorted())
        let mode = try FileManager.default.attributesOfItem(atPath: elsewhere.string)[.posixPermissions] as? Int
        #expect(mode == 0o700)
    }
}
