package import Diagnostics
package import Foundation
package import HostSupport
import SystemPackage

/// Fetches files from the network with curl.
///
/// What breaks off is continued, by this program: a request that made progress is repeated as often as needed, one that did not a few
/// times, with growing pauses. What the server refuses is not repeated.
package struct Downloader: Sendable {
    package static let tool = Connection.tool
    let connection: Connection
    /// How many parts of a file are fetched at the same time.
    let connections: Int
    /// Bytes of an answer that `text` reads.
    private static let textLimit = 16 << 20

    package init(allowsPlainHTTP: Bool = false) { self.init(Connection(allowsPlainHTTP: allowsPlainHTTP)) }

    package init(_ connection: Connection, connections: Int = 4) {
        self.connection = connection
        self.connections = max(1, connections)
    }

    /// A small text.
    /// - Throws: `unavailable`.
    package func text(_ url: String) async throws(OperationError) -> String {
        String(decoding: try await data(url, limit: Self.textLimit), as: UTF8.self)
    }

    /// A small file.
    /// - Parameter limit: in bytes.
    /// - Throws: `unavailable`; `dataError` for a longer one.
    package func data(_ url: String, limit: Int, cookie: String? = nil) async throws(OperationError) -> Data {
        try await Draft.with(in: Self.temporary) { (draft) throws(OperationError) in
            let path = draft.path("answer")
            let download = Download(name: "answer", url: url, size: limit, content: .unknown, cookie: cookie)
            try await repeating(url) { () throws(OperationError) in
                let file = try PartialFile(path, at: 0)
                try file.setSize(0)
                let problem = try await watched(download, nil, file.descriptor, path, at: 0) { _ in }
                return (problem, false)
            }
            return try InputFile.read(path, limit: limit)
        }
    }

    /// Repeats a request for as long as that makes sense.
    /// - Parameter work: one request: what went wrong, and whether anything arrived.
    /// - Throws: `unavailable`; what `work` throws.
    func repeating(
        _ url: String, _ work: () async throws(OperationError) -> (problem: TransferProblem?, progressed: Bool)
    ) async throws(OperationError) {
        var patience = Patience(connection)
        while true {
            let (problem, progressed) = try await work()
            guard let problem else { return }
            guard case .transient = problem, let pause = patience.next(progressed: progressed) else { throw problem.error(url) }
            try await Self.sleep(pause)
        }
    }

    static func sleep(_ pause: Duration) async throws(OperationError) {
        do {
            try await Task.sleep(for: pause)
        } catch {
            throw Interruption.failure
        }
    }

    /// One request, during which `arrived` is called with the bytes so far. It ends when the server sends more than it was asked for.
    func watched(
        _ download: Download, _ range: Range<Int>?, _ descriptor: CInt, _ path: FilePath, at offset: Int,
        arrived: @escaping @Sendable (Int) -> Void
    ) async throws(OperationError) -> TransferProblem? {
        let connection = connection
        let request = Task { () -> Result<TransferProblem?, OperationError> in
            do throws(OperationError) {
                return .success(try await connection.transfer(download, range, to: descriptor, of: path))
            } catch {
                return .failure(error)
            }
        }
        let limit = range?.count ?? download.size
        let watch = Task {
            while true {
                let bytes = PartialFile.position(descriptor) - offset
                arrived(min(bytes, limit))
                if bytes > limit { request.cancel() }
                try await Task.sleep(for: .milliseconds(200))
            }
        }
        let result = await withTaskCancellationHandler {
            await request.value
        } onCancel: {
            request.cancel()
        }
        watch.cancel()
        _ = await watch.result
        if !Task.isCancelled, PartialFile.position(descriptor) - offset > limit { return .tooLong }
        return try result.get()
    }

    static var temporary: FilePath { FilePath(FileManager.default.temporaryDirectory.path) }
}

/// How often a request is repeated.
struct Patience {
    /// Without any byte since the start: a network that is not there is reported soon.
    private static let cold = 3
    /// After something arrived: a machine that slept takes a while to find its network again.
    private static let warm = 8

    private var (failures, hasProgressed) = (0, false)
    private let first: Int

    init(_ connection: Connection) { first = connection.pause }

    /// The pause before the next attempt; nil when there should be none.
    mutating func next(progressed: Bool) -> Duration? {
        if progressed { (failures, hasProgressed) = (0, true) }
        failures += 1
        guard failures < (hasProgressed ? Self.warm : Self.cold) else { return nil }
        return .milliseconds(min(first << (failures - 1), 30_000))
    }
}
