import Diagnostics
import Foundation
import Glibc
import HostSupport
import SystemPackage
import Testing

@testable import Downloads

/// Files whose pieces are known: several connections, and only what is wrong comes again.
struct PieceDownloadTests {
    /// 1 MiB in pieces of 20 kB, the last one shorter.
    private static let pieceSize = 20_000
    private let content = Data((0..<1 << 20).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 >> 8) })

    private func download(_ server: FileServer, _ faults: String = "", cookie: String? = nil) throws -> Download {
        let list = try #require(PieceList(of: content, pieceSize: Self.pieceSize))
        try server.offer("file", content)
        return Download(name: "file", url: server.url("file", faults), size: content.count, content: .pieces(list), cookie: cookie)
    }

    private func holds(_ server: FileServer, _ file: Download, sourceLocation: SourceLocation = #_sourceLocation) async throws {
        let found = try await server.obtain(file)
        #expect(found == content, sourceLocation: sourceLocation)
    }

    @Test func severalConnectionsEachByteOnce() async throws {
        try await FileServer.with { server in
            try await holds(server, download(server))
            let ranges = server.requests.map { $0[1].dropFirst("bytes=".count).split(separator: "-").compactMap { Int($0) } }
            #expect(ranges.map { $0[1] - $0[0] + 1 }.reduce(0, +) == content.count)
            #expect(ranges.count > 3)
            #expect(server.requests.contains { $0[2] != "1" }, "one connection at a time")
            // Now it is in the cache.
            let asked = server.requests.count
            try await holds(server, download(server))
            #expect(server.requests.count == asked)
        }
    }

    @Test(arguments: ["cut=25000&times=6", "stall=30000&times=2", "status=503&times=3", "cut=0&times=2"])
    func goesOnAfterABreak(faults: String) async throws {
        try await FileServer.with { server in
            try await holds(server, download(server, faults))
        }
    }

    @Test func onlyAWrongPieceComesAgain() async throws {
        try await FileServer.with { server in
            try await holds(server, download(server, "flip=500000&times=2"))
            #expect(server.requests.map { $0[1] }.count { $0 == "bytes=500000-519999" } >= 1, "the piece alone")
        }
        try await FileServer.with { server in
            // Of what an earlier attempt left behind, two pieces are wrong.
            let file = try download(server)
            let list = try #require(PieceList(of: content, pieceSize: Self.pieceSize))
            let partial = server.root.appending("cache/partial").appending(list.digest)
            try DraftFile.makeDirectory(partial.removingLastComponent())
            var damaged = content
            damaged[500_000] ^= 1
            damaged[20_000] ^= 1
            try damaged.write(to: URL(filePath: partial.string))
            try await holds(server, file)
            #expect(server.requests.map { $0[1] }.sorted() == ["bytes=20000-39999", "bytes=500000-519999"])
        }
    }

    @Test func aPieceThatStaysWrong() async throws {
        try await FileServer.with { server in
            let file = try download(server, "flip=500000")
            let error = await #expect(throws: OperationError.self) { try await server.obtain(file) }
            #expect(error?.exit == .dataError)
            #expect(error?.cause.contains("bytes 500000 to 519999") ?? false, "\(String(describing: error))")
            #expect(try await server.store.stored(file) == nil)
        }
    }

    @Test(arguments: ["whole=1", "whole=1&chunked=1"])
    func aServerWithoutRanges(faults: String) async throws {
        try await FileServer.with { server in
            try await holds(server, download(server, faults))
        }
    }

    @Test func aServerThatNeverStops() async throws {
        try await FileServer.with { server in
            let file = try download(server, "whole=1&chunked=1&long=50000000")
            let error = await #expect(throws: OperationError.self) { try await server.obtain(file) }
            #expect(error?.exit == .dataError, "\(String(describing: error))")
        }
    }

    @Test(arguments: [(403, "refuses it (HTTP 403)"), (404, "does not have it"), (412, "changed"), (407, "proxy"), (418, "418")])
    func whatAServerRefuses(status: Int, words: String) async throws {
        try await FileServer.with { server in
            let file = try download(server, "status=\(status)")
            let error = await #expect(throws: OperationError.self) { try await server.obtain(file) }
            #expect(error?.exit == .unavailable)
            #expect(error?.cause.contains(words) ?? false, "\(String(describing: error))")
            // Not repeated: one request a connection at most.
            #expect(server.requests.count <= 3)
        }
    }

    @Test func aShorterFileOnTheServer() async throws {
        try await FileServer.with { server in
            let file = try download(server)
            try server.offer("file", content.prefix(300_000))
            let error = await #expect(throws: OperationError.self) { try await server.obtain(file) }
            #expect(error?.exit == .dataError || error?.exit == .unavailable)
        }
    }

    @Test func cookiesAndRedirects() async throws {
        try await FileServer.with { server in
            try await holds(server, download(server, "need=AssetToken%3Dx", cookie: "AssetToken=x"))
        }
        try await FileServer.with { server in
            let file = try download(server, "need=AssetToken%3Dx", cookie: "AssetToken=old")
            let error = await #expect(throws: OperationError.self) { try await server.obtain(file) }
            #expect(error?.cause.contains("403") ?? false)
            #expect(!"\(String(describing: error))".contains("old"), "a token in a message")
        }
        try await FileServer.with { server in
            let to = server.url("file").addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? ""
            try await holds(server, download(server, "to=\(to)"))
            // Only https is followed, where only https is allowed.
            let secure = Downloader(Connection(stall: 1, pause: 10))
            let error = await #expect(throws: OperationError.self) { try await secure.data(server.url("file"), limit: 1 << 21) }
            #expect(error?.exit == .unavailable)
        }
    }

    @Test func nobodyListens() async throws {
        try await FileServer.with { server in
            var file = try download(server)
            file.url = "http://127.0.0.1:1/file"
            let error = await #expect(throws: OperationError.self) { try await server.obtain(file) }
            #expect(error?.exit == .unavailable)
        }
    }

    /// A list is read only if it describes a file.
    @Test func listsOfPieces() {
        let digest = [UInt8](repeating: 1, count: 32)
        #expect(PieceList([]) == nil)
        #expect(PieceList([(0, digest)]) == nil)
        #expect(PieceList([(1 << 30 + 1, digest)]) == nil)
        #expect(PieceList([(1, [1])]) == nil)
        #expect(PieceList([(3, digest), (4, digest)])?.size == 7)
        // printf '\3\0\0\0' and 32 times \1, twice with \4 in front: sha256sum.
        #expect(PieceList([(3, digest)])?.digest == Data([3, 0, 0, 0] + digest).sha256)
    }
}
