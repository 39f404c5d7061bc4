import Diagnostics
import Foundation
import HostSupport
import SystemPackage

@testable import OpenCoreImage

/// A server in GitHub's place, on this machine, for as long as `body` runs.
struct ReleaseServer {
    let stand: StandIn
    /// Of its API.
    let url: String

    static func with(_ body: (ReleaseServer) async throws -> Void) async throws {
        let stand = try StandIn()
        defer { stand.remove() }
        let script = Golden.directory.appending(path: "release-server.py").path
        let (ports, continuation) = AsyncStream.makeStream(of: String.self)
        let program = Task {
            defer { continuation.finish() }
            try await Tool("python3", from: "python3").follow([script, stand.root.string]) { continuation.yield($0) }
        }
        defer { program.cancel() }
        var iterator = ports.makeAsyncIterator()
        guard let line = await iterator.next() else { throw OperationError("start", script, cause: "it said no port", exit: .software) }
        let port = line.filter { !$0.isWhitespace }
        try await body(ReleaseServer(stand: stand, url: "http://127.0.0.1:\(port)"))
    }

    var store: ReleaseStore { ReleaseStore(cache: stand.path("cache"), lock: stand.path("opencore/sources.lock"), api: url) }

    /// Offers an asset under a version and as the newest; the digest is the file's unless another is said.
    @discardableResult
    func offer(_ component: Release.Component, _ version: String, _ data: Data, digest: String? = nil, build: Release.Build = .release)
        async throws
        -> String
    {
        let name = Release(component, version, build).asset
        let file = try stand.file("assets/" + name, data)
        let sum = try await Digest.sha256(file)
        let answer = """
            {"tag_name": "\(version)", "assets": [{"name": "other.zip", "size": 1, "digest": null, "browser_download_url": "x"},
             {"name": "\(name)", "size": \(data.count), "digest": \(digest ?? "\"sha256:\(sum)\""),
              "browser_download_url": "http://127.0.0.1:PORT/assets/\(name)"}]}
            """
        for path in ["latest", "tags/\(version)"] { try stand.file("api/\(component.rawValue)/\(path)", Data(answer.utf8)) }
        return sum
    }

    /// What was asked of it.
    var requests: [String] {
        ((try? String(contentsOfFile: stand.path("requests").string, encoding: .utf8)) ?? "").split(separator: "\n").map(String.init)
    }

    func obtain(_ store: ReleaseStore? = nil, _ component: Release.Component = .lilu, version: String? = nil) async throws -> Data {
        let path = try await (store ?? self.store).obtain(
            component, version: version, build: .release, progress: StepProgress(steps: 0, quiet: true))
        return try Data(contentsOf: URL(filePath: path.string))
    }
}
