import Diagnostics
import Downloads
import Foundation
import HostSupport
import SystemPackage
import Testing

@testable import OpenCoreImage

/// Downloads, with a server on this machine in GitHub's place.
struct ReleaseStoreTests {
    private let content = Data((0..<300_000).map { UInt8(truncatingIfNeeded: $0 &* 31) })

    private func refuses(
        _ exit: Diagnostics.ExitStatus, naming text: String, sourceLocation: SourceLocation = #_sourceLocation,
        _ work: () async throws -> Void
    ) async {
        let error = await #expect(throws: OperationError.self, sourceLocation: sourceLocation) { try await work() }
        #expect(error?.exit == exit, "\(String(describing: error))", sourceLocation: sourceLocation)
        #expect(error?.description.contains(text) ?? false, "\(String(describing: error))", sourceLocation: sourceLocation)
    }

    @Test func firstUseIsLockedAndThenNobodyIsAsked() async throws {
        try await ReleaseServer.with { server in
            let digest = try await server.offer(.lilu, "1.7.1", content)
            #expect(try await server.obtain() == content)
            let lock = try server.store.lockFile()
            #expect(lock.entries.map(\.digest) == [digest])
            #expect(lock.newest(.lilu, version: nil, .release)?.entry.size == content.count)
            let asked = server.requests.count
            // A newer release does not change what is locked.
            try await server.offer(.lilu, "1.7.2", Data("newer".utf8))
            #expect(try await server.obtain() == content)
            var offline = server.store
            offline.isOffline = true
            #expect(try await server.obtain(offline) == content)
            #expect(server.requests.count == asked)
            #expect(try await server.obtain(version: "1.7.2") == Data("newer".utf8))
            #expect(try server.store.lockFile().entries.count == 2)
        }
    }

    @Test func continuesWhatBrokeOff() async throws {
        try await ReleaseServer.with { server in
            try await server.offer(.lilu, "1.7.1", content)
            try server.stand.file("assets/Lilu-1.7.1-RELEASE.zip.cut", Data("100000".utf8))
            #expect(try await server.obtain() == content)
            #expect(server.requests.contains("/assets/Lilu-1.7.1-RELEASE.zip bytes=100000-299999"))
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
            await refuses(.dataError, naming: wrong) { _ = try await server.obtain() }
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
            await refuses(.dataError, naming: "was \(before), and the server now says \(after)") { _ = try await server.obtain() }
            // Without a digest of GitHub's, the lock alone decides.
            try await server.offer(.lilu, "1.7.1", content + [1], digest: "null")
            await refuses(.dataError, naming: after) { _ = try await server.obtain() }
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

    /// Those who want the same at the same time: one fetches it, and the others take what is there.
    @Test func manyAtOnce() async throws {
        try await ReleaseServer.with { server in
            try await server.offer(.lilu, "1.7.1", content)
            try await withThrowingTaskGroup(of: Data.self) { group in
                for _ in 0..<8 { group.addTask { try await server.obtain() } }
                for try await data in group { #expect(data == content) }
            }
            #expect(server.requests.count { $0.hasPrefix("/assets/") } == 1)
            #expect(try FileManager.default.contentsOfDirectory(atPath: server.stand.path("cache/partial").string) == [])
            #expect(try server.store.lockFile().entries.count == 1)
        }
    }

    private func entry(_ version: Int, digest: Character = "a") -> DownloadLock.Entry {
        DownloadLock.Entry(key: "Lilu 1.0.\(version) RELEASE", size: 5, digest: String(repeating: digest, count: 64), url: "u")
    }

    /// Who adds a line waits for another who replaces the file, and adds to what he finds then.
    @Test func nobodyIsForgottenInTheLock() async throws {
        let stand = try StandIn()
        defer { stand.remove() }
        let path = stand.path("sources.lock")
        let second = entry(2)
        let adding = try await FileLock.holding(path) { () throws(OperationError) in
            let adding = Task { try await DownloadLock.add(second, to: path) }
            try? await Task.sleep(for: .milliseconds(500))
            var lock = try DownloadLock(reading: path)
            #expect(lock.entries == [])
            lock.add(entry(1))
            try await lock.write(to: path)
            return adding
        }
        try await adding.value
        #expect(try DownloadLock(reading: path).entries == [entry(1), entry(2)])
        // The same again is no other; another content is.
        try await DownloadLock.add(entry(1), to: path)
        await refuses(.dataError, naming: "Lilu 1.0.1 RELEASE") { try await DownloadLock.add(entry(1, digest: "b"), to: path) }
        #expect(try DownloadLock(reading: path).entries == [entry(1), entry(2)])
    }

    /// A release of each component, as ZIPs.
    private func offerAll(_ server: ReleaseServer) async throws {
        let stand = server.stand
        try stand.kext("Lilu", below: "build/lilu")
        try stand.kext("VirtualSMC", needs: ["test.Lilu"], below: "build/smc/Kexts")
        let zips = [
            (Release.Component.openCore, "1.0.6", try await stand.zip(try stand.release("build/core"), as: "core.zip")),
            (.lilu, "1.7.1", try await stand.zip(stand.path("build/lilu"), as: "lilu.zip")),
            (.virtualSMC, "1.3.7", try await stand.zip(stand.path("build/smc"), as: "smc.zip")),
        ]
        for (component, version, zip) in zips {
            try await server.offer(component, version, Data(contentsOf: URL(filePath: zip.string)))
        }
    }

    private func build(_ request: BuildRequest, _ store: ReleaseStore) async throws -> BuildReport {
        try await ImageBuilder(request, store: store, progress: StepProgress(steps: 0, quiet: true)).build()
    }

    /// The whole way: three releases fetched, an image made, and once more without a network.
    @Test func imageFromReleases() async throws {
        try await ReleaseServer.with { server in
            try await offerAll(server)
            let request = BuildRequest(output: server.stand.path("out.img"))
            var store = server.store
            #expect(try await build(request, store).version == OpenCoreVersion("1.0.6"))
            let first = try await Digest.sha256(request.output)
            let asked = server.requests.count
            store.isOffline = true
            _ = try await build(request, store)
            #expect(try await Digest.sha256(request.output) == first)
            #expect(server.requests.count == asked)
        }
    }

    /// Whatever goes wrong with a download, the image and the lock stay as they were.
    @Test func imageThatIsThereOutlastsFailedDownloads() async throws {
        try await ReleaseServer.with { server in
            try await offerAll(server)
            var request = BuildRequest(output: server.stand.path("out.img"))
            _ = try await build(request, server.store)
            let files = [request.output, IdentityFile.path(beside: request.output), server.store.lock]
            var before: [String] = []
            for file in files { before.append(try await Digest.sha256(file)) }
            request.identity.isNew = true
            func fails(_ exit: Diagnostics.ExitStatus, naming text: String, _ store: ReleaseStore) async throws {
                await refuses(exit, naming: text) { _ = try await build(request, store) }
                for (file, digest) in zip(files, before) { #expect(try await Digest.sha256(file) == digest) }
                let names = try FileManager.default.contentsOfDirectory(atPath: server.stand.root.string)
                #expect(!names.contains { $0.hasPrefix(".macos-virt-draft") })
            }
            try FileManager.default.removeItem(atPath: server.store.cache.string)
            var offline = server.store
            offline.isOffline = true
            try await fails(.unavailable, naming: "it is not in", offline)
            // The connection breaks off before anything arrives, each time.
            try server.stand.file("assets/VirtualSMC-1.3.7-RELEASE.zip.cut", Data("0".utf8))
            try await fails(.unavailable, naming: "the part that arrived is kept", server.store)
            try FileManager.default.removeItem(atPath: server.stand.path("assets/VirtualSMC-1.3.7-RELEASE.zip.cut").string)
            // The content is not what it was, and GitHub says so, or does not know.
            try await server.offer(.virtualSMC, "1.3.7", content)
            try await fails(.dataError, naming: "the server now says", server.store)
            try await server.offer(.virtualSMC, "1.3.7", content, digest: "null")
            try await fails(.dataError, naming: "its SHA-256 is", server.store)
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
        await refuses(.dataError, naming: ":2") {
            _ = try ReleaseStore(cache: stand.path("cache"), lock: path).lockFile()
        }
    }

    /// As git writes a text file on a PC.
    @Test func aLockWithOtherLineEndsLocks() throws {
        let stand = try StandIn()
        defer { stand.remove() }
        var lock = DownloadLock()
        lock.add(entry(1))
        let path = try stand.file("lock", Data(lock.text.replacing("\n", with: "\r\n").utf8))
        #expect(try DownloadLock(reading: path) == lock)
    }
}
