import Foundation
import HostSupport
import SystemPackage
import Testing

@testable import OpenCoreImage

/// Downloads, with a server on this machine in GitHub's place.
struct ReleaseStoreTests {
    private let content = Data((0..<300_000).map { UInt8(truncatingIfNeeded: $0 &* 31) })

    private func refuses(
        _ exit: HostSupport.ExitStatus, naming text: String, sourceLocation: SourceLocation = #_sourceLocation,
        _ work: () async throws -> Void
    ) async {
        let error = await #expect(throws: HostError.self, sourceLocation: sourceLocation) { try await work() }
        #expect(error?.exit == exit, "\(String(describing: error))", sourceLocation: sourceLocation)
        #expect(error?.description.contains(text) ?? false, "\(String(describing: error))", sourceLocation: sourceLocation)
    }

    @Test func firstUseIsLockedAndThenNobodyIsAsked() async throws {
        try await ReleaseServer.with { server in
            let digest = try await server.offer(.lilu, "1.7.1", content)
            #expect(try await server.obtain() == content)
            let lock = try SourcesLock(reading: server.store.lock)
            #expect(lock.entries.map(\.digest) == [digest])
            #expect(lock.entry(.lilu, version: nil, build: .release)?.size == content.count)
            let asked = server.requests.count
            // A newer release does not change what is locked.
            try await server.offer(.lilu, "1.7.2", Data("newer".utf8))
            #expect(try await server.obtain() == content)
            var offline = server.store
            offline.isOffline = true
            #expect(try await server.obtain(offline) == content)
            #expect(server.requests.count == asked)
            #expect(try await server.obtain(version: "1.7.2") == Data("newer".utf8))
            #expect(try SourcesLock(reading: server.store.lock).entries.count == 2)
        }
    }

    @Test func continuesWhatBrokeOff() async throws {
        try await ReleaseServer.with { server in
            try await server.offer(.lilu, "1.7.1", content)
            try server.stand.file("assets/Lilu-1.7.1-RELEASE.zip.cut", Data("100000".utf8))
            await refuses(.unavailable, naming: "what arrived is kept") { _ = try await server.obtain() }
            #expect(!FileManager.default.fileExists(atPath: server.store.lock.string))
            #expect(try await server.obtain() == content)
            #expect(server.requests.contains("/assets/Lilu-1.7.1-RELEASE.zip bytes=100000-"))
        }
    }

    @Test func startsAgainWhereAServerKnowsNoRanges() async throws {
        try await ReleaseServer.with { server in
            let digest = try await server.offer(.lilu, "1.7.1", content)
            try server.stand.file("assets/Lilu-1.7.1-RELEASE.zip.whole", Data())
            try server.stand.file("cache/partial/\(digest)", content.prefix(1000))
            #expect(try await server.obtain() == content)
        }
    }

    @Test func contentThatIsNotWhatGitHubSays() async throws {
        try await ReleaseServer.with { server in
            let wrong = String(repeating: "0", count: 64)
            try await server.offer(.lilu, "1.7.1", content, digest: "\"sha256:\(wrong)\"")
            await refuses(.data, naming: wrong) { _ = try await server.obtain() }
            #expect(!FileManager.default.fileExists(atPath: server.store.lock.string))
            #expect(!FileManager.default.fileExists(atPath: server.stand.path("cache/partial/\(wrong)").string))
        }
    }

    @Test func releaseThatChangedSinceItWasLocked() async throws {
        try await ReleaseServer.with { server in
            let before = try await server.offer(.lilu, "1.7.1", content)
            _ = try await server.obtain()
            let after = try await server.offer(.lilu, "1.7.1", content + [1])
            try FileManager.default.removeItem(atPath: server.store.cache.string)
            await refuses(.data, naming: "was \(before), and GitHub now says \(after)") { _ = try await server.obtain() }
            // Without a digest of GitHub's, the lock alone decides.
            try await server.offer(.lilu, "1.7.1", content + [1], digest: "null")
            await refuses(.data, naming: after) { _ = try await server.obtain() }
        }
    }

    @Test func damagedCacheIsFetchedAgain() async throws {
        try await ReleaseServer.with { server in
            let digest = try await server.offer(.lilu, "1.7.1", content)
            _ = try await server.obtain()
            try server.stand.file("cache/sha256/\(digest)/Lilu-1.7.1-RELEASE.zip", Data("damaged".utf8))
            #expect(try await server.obtain() == content)
        }
    }

    @Test func whatIsNotThere() async throws {
        try await ReleaseServer.with { server in
            await refuses(.unavailable, naming: "releases/latest") { _ = try await server.obtain() }
            try await server.offer(.lilu, "1.7.1", content)
            await refuses(.unavailable, naming: "VirtualSMC") { _ = try await server.obtain(nil, .virtualSMC) }
            await refuses(.unavailable, naming: "404") { _ = try await server.obtain(version: "9.9.9") }
            try server.stand.file("api/Lilu/latest", Data("<html>".utf8))
            await refuses(.unavailable, naming: "not a release") { _ = try await server.obtain() }
            try server.stand.file("api/Lilu/latest", Data(#"{"tag_name": "1.7.1", "assets": []}"#.utf8))
            await refuses(.unavailable, naming: "Lilu-1.7.1-RELEASE.zip") { _ = try await server.obtain() }
            try server.stand.file("api/Lilu/latest", Data(#"{"tag_name": "../1", "assets": []}"#.utf8))
            await refuses(.unavailable, naming: "not the tag") { _ = try await server.obtain() }
            try await server.offer(.lilu, "1.7.1", content, digest: "null")
            await refuses(.unavailable, naming: "no digest") { _ = try await server.obtain() }
            var offline = server.store
            offline.isOffline = true
            await refuses(.unavailable, naming: "--offline") { _ = try await server.obtain(offline) }
            var gone = server.store
            gone.api = "http://127.0.0.1:1"
            await refuses(.unavailable, naming: "127.0.0.1:1") { _ = try await server.obtain(gone) }
        }
    }

    /// The whole way: three releases fetched, an image made, and once more without a network.
    @Test func imageFromReleases() async throws {
        try await ReleaseServer.with { server in
            let stand = server.stand
            let zips = [
                (Component.openCore, "1.0.6", try await stand.zip(try stand.release("build/core"), as: "core.zip")),
                (
                    .lilu, "1.7.1",
                    try await {
                        try stand.kext("Lilu", below: "build/lilu"); return try await stand.zip(stand.path("build/lilu"), as: "lilu.zip")
                    }()
                ),
                (
                    .virtualSMC, "1.3.7",
                    try await {
                        try stand.kext("VirtualSMC", needs: ["test.Lilu"], below: "build/smc/Kexts");
                        return try await stand.zip(stand.path("build/smc"), as: "smc.zip")
                    }()
                ),
            ]
            for (component, version, zip) in zips {
                try await server.offer(component, version, Data(contentsOf: URL(filePath: zip.string)))
            }
            let request = BuildRequest(output: stand.path("out.img"))
            var store = server.store
            let report = try await ImageBuilder(request, store: store, progress: StepProgress(steps: 0, quiet: true)).build()
            #expect(report.version == OpenCoreVersion("1.0.6"))
            let first = try await Digest.sha256(request.output)
            let asked = server.requests.count
            store.isOffline = true
            _ = try await ImageBuilder(request, store: store, progress: StepProgress(steps: 0, quiet: true)).build()
            #expect(try await Digest.sha256(request.output) == first)
            #expect(server.requests.count == asked)
        }
    }

    @Test(arguments: [
        "x", "Lilu 1.7.1 RELEASE 5 abc https://x", "Lilu 1.7.1 RELEASE 0 \(String(repeating: "a", count: 64)) u",
        "Foo 1 RELEASE 1 \(String(repeating: "a", count: 64)) u",
    ])
    func damagedLock(_ line: String) async throws {
        let stand = try StandIn()
        defer { stand.remove() }
        let path = try stand.file("lock", Data("# head\n\(line)\n".utf8))
        await refuses(.data, naming: ":2") { _ = try SourcesLock(reading: path) }
    }
}
