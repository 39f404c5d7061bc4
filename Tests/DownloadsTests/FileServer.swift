import Diagnostics
import Foundation
import HostSupport
import SystemPackage

@testable import Downloads

/// A server with faults on demand, on this machine, for as long as `body` runs; see Fixtures/file-server.py.
struct FileServer {
    /// What it serves, and below `cache` what was fetched.
    let root: FilePath
    let port: String

    static func with(_ body: (FileServer) async throws -> Void) async throws {
        let root = FileManager.default.temporaryDirectory.appending(path: "downloads-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: root, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: root) }
        let script = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Fixtures/file-server.py").path
        let (ports, continuation) = AsyncStream.makeStream(of: String.self)
        let program = Task {
            defer { continuation.finish() }
            try await Tool("python3", from: "python3").follow([script, root.path]) { continuation.yield($0) }
        }
        defer { program.cancel() }
        var iterator = ports.makeAsyncIterator()
        guard let line = await iterator.next() else { throw OperationError("start", script, cause: "it said no port", exit: .software) }
        try await body(FileServer(root: FilePath(root.path), port: line.filter { !$0.isWhitespace }))
    }

    /// Connections give up after a second without data, and pauses are short.
    var downloader: Downloader { Downloader(Connection(allowsPlainHTTP: true, stall: 1, pause: 10), connections: 3) }

    var store: ContentStore { ContentStore(root.appending("cache")) }

    func url(_ name: String, _ faults: String = "") -> String { "http://127.0.0.1:\(port)/\(name)?\(faults)" }

    func offer(_ name: String, _ data: Data) throws { try data.write(to: URL(filePath: root.appending(name).string)) }

    /// What was asked: path, range, and how many requests were open.
    var requests: [[String]] {
        ((try? String(contentsOfFile: root.appending("requests").string, encoding: .utf8)) ?? "").split(separator: "\n").map {
            $0.split(separator: " ").map(String.init)
        }
    }

    func obtain(_ download: Download, by downloader: Downloader? = nil) async throws -> Data {
        let path = try await store.obtain(download, by: downloader ?? self.downloader, progress: StepProgress(steps: 0, quiet: true))
        return try Data(contentsOf: URL(filePath: path.string))
    }
}
