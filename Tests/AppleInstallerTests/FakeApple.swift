import Diagnostics
import Downloads
import Foundation
import HostSupport
import SystemPackage
import Testing

@testable import AppleInstaller

/// The server in the place of Apple's, of Tests/Installer, for as long as `body` runs. Its keys are trusted instead of Apple's.
struct FakeApple {
    let root: FilePath
    private let ready: Ready

    private struct Ready: Decodable {
        var url, root, modulus: String
    }

    static func with(_ body: (FakeApple) async throws -> Void) async throws {
        let root = FileManager.default.temporaryDirectory.appending(path: "apple-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: root, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: root) }
        let script = URL(filePath: #filePath).appending(path: "../../Installer/serve").standardized.path
        let (lines, continuation) = AsyncStream.makeStream(of: String.self)
        let program = Task {
            defer { continuation.finish() }
            try await Tool("python3", from: "python3").follow([script, root.path]) { continuation.yield($0) }
        }
        defer { program.cancel() }
        var iterator = lines.makeAsyncIterator()
        guard await iterator.next() != nil else {
            try await program.value
            throw OperationError("start", script, cause: "it said nothing", exit: .software)
        }
        let ready = try JSONDecoder().decode(Ready.self, from: Data(contentsOf: root.appending(path: "ready.json")))
        try await body(FakeApple(root: FilePath(root.path), ready: ready))
    }

    /// Trusts the test's keys.
    var anchors: TrustAnchors {
        let digits = ready.modulus.compactMap { $0.hexDigitValue.map { UInt8($0) } }
        let modulus = stride(from: 0, to: digits.count, by: 2).map { digits[$0] << 4 | digits[$0 + 1] }
        return TrustAnchors(chunklistKeys: [modulus], roots: [ready.root], authority: TrustAnchors.apple.authority)
    }

    var environment: InstallerEnvironment {
        var servers = AppleServers.apple
        servers.mirror = ready.url
        return InstallerEnvironment(
            servers: servers, downloader: Downloader(Connection(allowsPlainHTTP: true, stall: 1, pause: 10)),
            cache: root.appending("cache"),
            anchors: anchors)
    }

    /// Where results go.
    var work: FilePath { root.appending("work") }

    var progress: StepProgress { StepProgress(steps: 0, quiet: true) }

    func fail(_ faults: [[String: Any]]) throws {
        try JSONSerialization.data(withJSONObject: faults).write(to: URL(filePath: root.appending("faults.json").string))
    }

    /// What was asked: method, path and range.
    var requests: [String] {
        ((try? String(contentsOfFile: root.appending("requests").string, encoding: .utf8)) ?? "").split(separator: "\n").map(String.init)
    }

    /// A file of the fake, below the name of its host.
    func file(_ path: String) throws -> Data { try Data(contentsOf: URL(filePath: root.appending("hosts").string).appending(path: path)) }

    /// What is in the directory of results.
    var results: [String] { ((try? FileManager.default.contentsOfDirectory(atPath: work.string)) ?? []).sorted() }
}

/// Expects a failure with an exit code whose text has these words.
func refuses<R>(
    _ exit: Diagnostics.ExitStatus, naming words: String..., sourceLocation: SourceLocation = #_sourceLocation, _ work: () async throws -> R
) async {
    do {
        _ = try await work()
        Issue.record("it does not fail", sourceLocation: sourceLocation)
    } catch let error as OperationError {
        #expect(error.exit == exit, "\(error)", sourceLocation: sourceLocation)
        for word in words { #expect(error.description.contains(word), "\(error)", sourceLocation: sourceLocation) }
    } catch {
        Issue.record("\(error)", sourceLocation: sourceLocation)
    }
}
