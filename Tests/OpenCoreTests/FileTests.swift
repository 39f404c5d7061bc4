import Diagnostics
import Foundation
import Glibc
import SystemPackage
import Testing

@testable import HostSupport
@testable import OpenCoreImage

/// What may be read, and what may be replaced.
struct FileTests {
    private func refuses(
        _ exit: Diagnostics.ExitStatus, naming text: String, sourceLocation: SourceLocation = #_sourceLocation, _ work: () throws -> Void
    ) {
        let error = #expect(throws: OperationError.self, sourceLocation: sourceLocation) { try work() }
        #expect(error?.exit == exit, "\(String(describing: error))", sourceLocation: sourceLocation)
        #expect(error?.description.contains(text) ?? false, "\(String(describing: error))", sourceLocation: sourceLocation)
    }

    /// A name of each kind that is no regular file.
    private func odd(_ stand: StandIn) throws -> [(FilePath, String)] {
        #expect(mkfifo(stand.path("fifo").string, 0o644) == 0)
        try DraftFile.makeDirectory(stand.path("directory"))
        try FileManager.default.createSymbolicLink(atPath: stand.path("link").string, withDestinationPath: "nowhere")
        return [
            ("/dev/null", "a character device"), (stand.path("fifo"), "a FIFO"), (stand.path("directory"), "a directory"),
            (stand.path("link"), "a symbolic link"),
        ]
    }

    @Test func onlyRegularFilesAreReplaced() async throws {
        let stand = try StandIn()
        defer { stand.remove() }
        for (path, kind) in try odd(stand) {
            refuses(.cantCreate, naming: kind) { try Destination.check(path) }
            // In the last moment too.
            let error = await #expect(throws: OperationError.self) {
                try await Draft.with(in: stand.root) { (draft) throws(OperationError) in
                    try DraftFile.write(Data("new".utf8), to: draft.path("new"))
                    try draft.publish("new", as: path)
                }
            }
            #expect(error?.exit == .cantCreate)
        }
        try Destination.check(stand.file("regular", Data()))
        try Destination.check(stand.path("new"))
        refuses(.cantCreate, naming: "there is no directory") { try Destination.check(stand.path("none/x.img")) }
        refuses(.cantCreate, naming: "is not a directory") { try Destination.check(stand.path("regular/x.img")) }
        refuses(.usage, naming: "two outputs") {
            try Destination.check(all: [stand.path("a"), stand.path("directory/../a")])
        }
    }

    /// Nothing is created or replaced, in any directory.
    @Test func outputsThatCannotBe() async throws {
        let stand = try StandIn()
        defer { stand.remove() }
        let outputs = try odd(stand).map(\.0) + [stand.path("none/x.img")]
        var request = try stand.request()
        for output in outputs {
            request.output = output
            let before = try FileManager.default.subpathsOfDirectory(atPath: stand.root.string).sorted()
            let error = await #expect(throws: OperationError.self) { try await stand.build(request) }
            #expect(error?.exit == .cantCreate, "\(output)")
            #expect(try FileManager.default.subpathsOfDirectory(atPath: stand.root.string).sorted() == before, "\(output)")
        }
        var status = stat()
        #expect(stat("/dev/null", &status) == 0 && status.st_mode & S_IFMT == S_IFCHR)
        #expect(!FileManager.default.fileExists(atPath: "/dev/null.identity.json"))
    }

    @Test func onlyRegularFilesAreRead() throws {
        let stand = try StandIn()
        defer { stand.remove() }
        for (path, kind) in try odd(stand).dropLast() { refuses(.noInput, naming: kind) { _ = try InputFile.read(path) } }
        refuses(.noInput, naming: "no such file") { _ = try InputFile.read(stand.path("link")) }
        let file = try stand.file("long", Data(count: 2049))
        refuses(.dataError, naming: "larger than 2 KiB") { _ = try InputFile.read(file, limit: 2048) }
        #expect(try InputFile.read(file, limit: 2049).count == 2049)
    }

    /// The content goes into the copy; the link does not, and the source keeps its mode.
    @Test func aLinkIsItsFile() throws {
        let stand = try StandIn()
        defer { stand.remove() }
        let secret = try stand.file("secret", Data("content".utf8))
        #expect(chmod(secret.string, 0o600) == 0)
        try FileManager.default.createSymbolicLink(atPath: stand.path("named").string, withDestinationPath: "secret")
        try InputFile.copy(stand.path("named"), to: stand.path("copy"), mode: 0o644)
        let attributes = try FileManager.default.attributesOfItem(atPath: stand.path("copy").string)
        #expect(attributes[.type] as? FileAttributeType == .typeRegular && attributes[.posixPermissions] as? Int == 0o644)
        #expect(try String(contentsOfFile: stand.path("copy").string, encoding: .utf8) == "content")
        #expect(try FileManager.default.attributesOfItem(atPath: secret.string)[.posixPermissions] as? Int == 0o600)
    }

    @Test func directoriesOfAFailureAreRemoved() async throws {
        let stand = try StandIn()
        defer { stand.remove() }
        _ = await #expect(throws: OperationError.self) {
            try await Draft.with(in: stand.path("a/b/c")) { (_) throws(OperationError) in
                throw OperationError("make", "it", cause: "a test", exit: .software)
            }
        }
        #expect(try FileManager.default.contentsOfDirectory(atPath: stand.root.string) == [])
    }

    @Test func missingToolsAreNamedAtOnce() {
        refuses(.osFile, naming: "apt-get install first second)") {
            try Tool.require([Tool("sh", from: "dash"), Tool("no-such-1", from: "second"), Tool("no-such-2", from: "first")])
        }
    }

    @Test func whatAToolRepeatsIsSaidOnce() async {
        let error = await #expect(throws: OperationError.self) {
            try await Tool("sh", from: "dash").run(["-c", "for i in 1 2 3 4; do echo 'curl: (6) Could not resolve host' >&2; done; exit 6"])
        }
        #expect(error?.cause == "curl: (6) Could not resolve host")
    }
}
