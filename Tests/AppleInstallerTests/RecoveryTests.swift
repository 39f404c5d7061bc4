import AppleMedia
import Diagnostics
import Foundation
import HostSupport
import SystemPackage
import Testing

@testable import AppleInstaller

/// Disks with the Internet Recovery, from a server in Apple's place.
struct RecoveryTests {
    private func request(_ apple: FakeApple, _ version: String, _ layout: RecoveryRequest.Layout = .raw) throws -> RecoveryRequest {
        RecoveryRequest(version: try #require(MacOSVersion(version)), layout: layout, output: nil, directory: apple.work)
    }

    private func build(_ apple: FakeApple, _ request: RecoveryRequest) async throws -> (image: FilePath, manifest: InstallerManifest) {
        try await RecoveryBuilder(apple.environment, progress: apple.progress).build(request)
    }

    @Test func aRawDisk() async throws {
        try await FakeApple.with { apple in
            let (image, manifest) = try await build(apple, request(apple, "14"))
            #expect(image == apple.work.appending("Recovery_macOS_14.6.1-23G93.img"))
            #expect(apple.results == ["Recovery_macOS_14.6.1-23G93.img", "Recovery_macOS_14.6.1-23G93.manifest.json"])
            #expect(manifest.version == "14.6.1" && manifest.build == "23G93")
            #expect(manifest.sources.first?.url == "http://oscdn.apple.com/content/sonoma/BaseSystem.dmg")
            let table = try await Tool("sgdisk", from: "gdisk").run(["-v", "-p", image.string])
            #expect(table.contains("No problems found"), "\(table)")
            #expect(table.contains("2048") && table.contains("AF00"), "\(table)")
            // The volume's files are those of the image that Apple's server has.
            let dmg = apple.root.appending("hosts/oscdn.apple.com/content/sonoma/BaseSystem.dmg")
            let (expected, found) = (apple.root.appending("expected"), apple.root.appending("found"))
            for (file, place) in [(dmg, expected), (image, found)] {
                try await Tool("7zz", from: "7zip").run(["x", "-y", "-o\(place)", file.string])
            }
            let volumes = (try volume(expected), try volume(found))
            try await Tool("diff", from: "diffutils").run(["--recursive", volumes.0.string, volumes.1.string])
            #expect(FileManager.default.fileExists(atPath: volumes.1.appending(SystemVersion.path).string))
            // The same bytes the next time.
            let first = try Data(contentsOf: URL(filePath: image.string))
            _ = try await build(apple, request(apple, "14"))
            #expect(try Data(contentsOf: URL(filePath: image.string)) == first)
        }
    }

    /// 7zz unpacks a volume into a directory, or a partition into a file that it unpacks in turn.
    private func volume(_ place: FilePath) throws -> FilePath {
        let names = try FileManager.default.contentsOfDirectory(atPath: place.string).filter { !$0.hasPrefix("[") }
        return place.appending(try #require(names.first))
    }

    @Test func openCoresFolder() async throws {
        try await FakeApple.with { apple in
            let (image, _) = try await build(apple, request(apple, "14", .opencore))
            #expect(try await Tool("sgdisk", from: "gdisk").run(["-v", image.string]).contains("No problems found"))
            for name in ["BaseSystem.dmg", "BaseSystem.chunklist"] {
                let copy = apple.root.appending(name)
                try await Tool("mcopy", from: "mtools").run([
                    "-i", "\(image)@@1048576", "::com.apple.recovery.boot/\(name)", copy.string,
                ])
                let copied = try Data(contentsOf: URL(filePath: copy.string))
                #expect(try copied == apple.file("oscdn.apple.com/content/sonoma/\(name)"))
            }
        }
    }

    @Test func anotherReleaseThanAskedFor() async throws {
        try await FakeApple.with { apple in
            try apple.fail([["path": "RecoveryImage", "board": "sonoma"]])
            await refuses(.dataError, naming: "it is macOS 14.6.1 (23G93), not 12") { try await build(apple, request(apple, "12")) }
            #expect(apple.results.isEmpty)
        }
        // The second board for 12 has it.
        try await FakeApple.with { apple in
            try apple.fail([["path": "RecoveryImage", "board": "sonoma", "times": 1]])
            #expect(try await build(apple, request(apple, "12")).manifest.version == "12.7.6")
        }
    }

    @Test func tokensThatExpire() async throws {
        try await FakeApple.with { apple in
            try apple.fail([["path": "BaseSystem.dmg", "expire": 1, "times": 2]])
            #expect(try await build(apple, request(apple, "14")).manifest.version == "14.6.1")
            #expect(apple.requests.count { $0.hasPrefix("POST") } >= 2)
        }
        try await FakeApple.with { apple in
            try apple.fail([["path": "BaseSystem.chunklist", "expire": 1]])
            await refuses(.unavailable, naming: "HTTP 403") { try await build(apple, request(apple, "14")) }
            #expect(apple.results.isEmpty)
        }
    }

    @Test func whatIsNotApples() async throws {
        try await FakeApple.with { apple in
            var environment = apple.environment
            environment.anchors = .apple
            let request = try request(apple, "14")
            await refuses(.dataError, naming: "not by Apple's key") {
                try await RecoveryBuilder(environment, progress: apple.progress).build(request)
            }
            #expect(!apple.requests.contains { $0.contains("BaseSystem.dmg") }, "the image was fetched without a list")
            try apple.fail([["path": "BaseSystem.dmg", "flip": 3000]])
            await refuses(.dataError, naming: "SHA-256") { try await build(apple, request) }
            #expect(apple.results.isEmpty)
        }
    }

    @Test(
        arguments: [
            ["path": "BaseSystem.dmg", "cut": 70_000, "times": 3], ["path": "BaseSystem.dmg", "stall": 70_000, "times": 1],
            ["path": "osrecovery", "status": 503, "times": 1],
        ] as [[String: any Sendable]])
    func aNetworkThatBreaks(fault: [String: any Sendable]) async throws {
        try await FakeApple.with { apple in
            try apple.fail([fault])
            #expect(try await build(apple, request(apple, "14")).manifest.version == "14.6.1")
        }
    }

    @Test func answersOfTheServer() async throws {
        let text = "AP: 052\nAU: http://a\nAH: b\nAT: t=1~x:y\nCU: c\nCH: d\nCT: e\n"
        let reply = try RecoveryReply(text)
        #expect(reply.imageToken == "t=1~x:y" && reply.imageURL == "http://a" && reply.product == "052")
        await refuses(.unavailable, naming: "lacks AT, CT") {
            try RecoveryReply(text.replacing("AT: t=1~x:y", with: "AT:").replacing("CT: e", with: ""))
        }
        let board = try #require(RecoveryBoard.boards("14").first)
        let question = RecoveryClient.question(board) { String(repeating: "A", count: $0) }
        #expect(
            question == "cid=\(String(repeating: "A", count: 16))\nsn=00000000000000000\nbid=Mac-827FAC58A8FDFA22\nk="
                + "\(String(repeating: "A", count: 64))\nfg=\(String(repeating: "A", count: 64))\nos=default")
        #expect(RecoveryBoard.all.allSatisfy { $0.serial.count == 17 && $0.board.hasPrefix("Mac-") })
        await refuses(.unavailable, naming: "10.13, 10.14") {
            try RecoveryRequest(version: #require(MacOSVersion("10.12")), layout: .raw, output: nil, directory: ".").boards()
        }
    }
}
