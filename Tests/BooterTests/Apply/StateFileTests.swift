import Diagnostics
import Foundation
import Glibc
import Testing

@testable import Booter

struct StateFileTests {
    private let machine: ScratchMachine
    private var base: String { machine.directory.path }

    init() throws { machine = try ScratchMachine() }

    private func mode(_ path: String) -> UInt32 {
        var status = stat()
        return lstat(path, &status) == 0 ? status.st_mode & 0o7777 : .max
    }
    private func owner(_ path: String) -> [UInt32] {
        var status = stat()
        return lstat(path, &status) == 0 ? [status.st_uid, status.st_gid] : []
    }
    private func text(_ path: String) throws -> String { try String(contentsOfFile: path, encoding: .utf8) }
    private func files() throws -> [String] { try FileManager.default.contentsOfDirectory(atPath: base).sorted() }

    @Test(arguments: [0o600, 0o644, 0o400] as [UInt32])
    func writesWithItsMode(wanted: UInt32) throws {
        for content in ["one", "another, longer one", ""] {
            try StateFile.write(base + "/f", content.utf8, mode: wanted)
            #expect(try text(base + "/f") == content && mode(base + "/f") == wanted)
            #expect(try files() == ["f"])
        }
    }

    /// A reader that has the old file open goes on reading the old one.
    @Test func replacesAtOnce() throws {
        try StateFile.write(base + "/f", "old".utf8, mode: 0o644)
        let reader = try FileHandle(forReadingFrom: URL(fileURLWithPath: base + "/f"))
        try StateFile.write(base + "/f", "new".utf8, mode: 0o644)
        #expect(try reader.readToEnd() == Data("old".utf8))
        #expect(try text(base + "/f") == "new")
    }

    @Test func aFailedWriteLeavesTheOldFileAndNoOther() throws {
        // A directory of that name cannot be replaced by a file.
        try machine.write("x", to: "/d/inside")
        #expect {
            try StateFile.write(base + "/d", "new".utf8, mode: 0o644)
        } throws: { ($0 as? OperationError)?.exitCode == 73 }
        #expect(try files() == ["d"])
        #expect {
            try StateFile.write(base + "/missing/f", "new".utf8, mode: 0o644)
        } throws: { ($0 as? OperationError)?.cause == "No such file or directory" }
    }

    /// Whoever may write to the directory must not send root's file elsewhere.
    @Test func aLinkInPlaceOfTheTemporaryFileIsNotFollowed() throws {
        try machine.symlink("/f.new", to: base + "/victim")
        #expect(throws: OperationError.self) { try StateFile.write(base + "/f", "new".utf8, mode: 0o644) }
        #expect(!FileManager.default.fileExists(atPath: base + "/victim"))
    }

    @Test func directoriesAreMadeOnce() throws {
        let made = try StateFile.makeDirectory(base + "/a/b/c", mode: 0o750, owner: nil)
        #expect(made == [base + "/a", base + "/a/b", base + "/a/b/c"])
        #expect(mode(base + "/a/b/c") == 0o750)
        chmod(base + "/a/b/c", 0o700)
        #expect(try StateFile.makeDirectory(base + "/a/b/c", mode: 0o755, owner: nil) == [])
        #expect(mode(base + "/a/b/c") == 0o700)
        try machine.write("", to: "/file")
        #expect {
            _ = try StateFile.makeDirectory(base + "/file/d", mode: 0o755, owner: nil)
        } throws: { ($0 as? OperationError)?.exitCode == 73 }
    }

    @Test(.enabled(if: geteuid() == 0, "needs root")) func ownersAreGiven() throws {
        let nobody = UserFact(uid: 65534, gid: 65533)
        _ = try StateFile.makeDirectory(base + "/a/b", mode: 0o750, owner: nobody)
        #expect(owner(base + "/a/b") == [65534, 65533] && owner(base + "/a") == [0, 0])
        try machine.write("template", to: "/t")
        try StateFile.copyOnce(from: base + "/t", to: base + "/v", owner: nobody)
        #expect(owner(base + "/v") == [65534, 65533] && mode(base + "/v") == 0o600)
    }

    @Test func copiesOnceAndKeepsTheGuestsOwn() throws {
        try machine.write("template", to: "/t")
        try StateFile.copyOnce(from: base + "/t", to: base + "/v", owner: nil)
        #expect(try text(base + "/v") == "template")
        try machine.write("changed!", to: "/v")
        try StateFile.copyOnce(from: base + "/t", to: base + "/v", owner: nil)
        #expect(try text(base + "/v") == "changed!")
    }

    @Test func aCopyOfAnotherFirmwareIsRefused() throws {
        try machine.write("template", to: "/t")
        try machine.write("changed", to: "/v")
        #expect {
            try StateFile.copyOnce(from: base + "/t", to: base + "/v", owner: nil)
        } throws: { error in
            (error as? OperationError).map {
                $0.exitCode == 66 && $0.cause == "it has 7 bytes and \(base)/t has 8: it was made for another firmware"
            } ?? false
        }
        #expect(try text(base + "/v") == "changed")
        #expect(throws: OperationError.self) { try StateFile.copyOnce(from: base + "/missing", to: base + "/w", owner: nil) }
        #expect(throws: OperationError.self) { try StateFile.copyOnce(from: base + "/t", to: base + "/t/w", owner: nil) }
    }

    @Test(arguments: [
        ("secret\n", "secret"), ("secret", "secret"), ("secret\r\n", "secret"), ("two words\n\n", "two words"), (" x \n", " x "),
        ("a\nb\n", "a\nb"),
    ])
    func secretsLoseTheirLastNewline(content: String, secret: String) throws {
        try machine.write(content, to: "/p")
        try StateFile.copySecret(from: base + "/p", to: base + "/s")
        #expect(try text(base + "/s") == secret && mode(base + "/s") == 0o400)
    }

    @Test(arguments: ["", "\n", "\r\n\n"])
    func emptySecretsAreRefused(content: String) throws {
        try machine.write(content, to: "/p")
        #expect {
            try StateFile.copySecret(from: base + "/p", to: base + "/s")
        } throws: { error in
            (error as? OperationError).map { $0.exitCode == 66 && $0.cause == "it is empty" } ?? false
        }
        #expect(throws: OperationError.self) { try StateFile.copySecret(from: base + "/missing", to: base + "/s") }
        #expect(!FileManager.default.fileExists(atPath: base + "/s"))
    }
}
