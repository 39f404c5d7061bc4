import Diagnostics
import Foundation
import HostSupport
import SystemPackage
import Testing

@testable import Downloads

/// Files in one piece, answers to questions, and lists that change.
struct FileDownloadTests {
    private let content = Data((0..<400_000).map { UInt8(truncatingIfNeeded: $0 &* 17) })

    @Test func unknownContentIsKeptByWhatItIs() async throws {
        try await FileServer.with { server in
            try server.offer("file", content)
            let file = Download(name: "a.dmg", url: server.url("file"), size: content.count, content: .unknown)
            #expect(try await server.obtain(file) == content)
            #expect(try await server.obtain(file) == content)
            #expect(server.requests.count == 1)
            let kept = server.root.appending("cache/sha256").appending(content.sha256).appending("a.dmg")
            #expect(FileManager.default.contents(atPath: kept.string) == content)
            // A file that was changed in the cache is fetched again.
            try Data("other".utf8).write(to: URL(filePath: kept.string))
            #expect(try await server.obtain(file) == content)
            #expect(server.requests.count == 2)
        }
    }

    @Test(arguments: ["cut=100000&times=3", "stall=100000&times=1", "status=503&times=2"])
    func goesOnWhereItBrokeOff(faults: String) async throws {
        try await FileServer.with { server in
            try server.offer("file", content)
            let file = Download(name: "file", url: server.url("file", faults), size: content.count, digest: content.sha256)
            #expect(try await server.obtain(file) == content)
            if !faults.hasPrefix("status") { #expect(server.requests.contains { $0[1] == "bytes=100000-399999" }) }
        }
    }

    @Test func aPartOfAnotherFile() async throws {
        for (present, faults) in [(content.count + 1, ""), (1000, "whole=1"), (1000, "status=412&times=1"), (1000, "status=416&times=1")] {
            try await FileServer.with { server in
                try server.offer("file", content)
                let file = Download(name: "file", url: server.url("file", faults), size: content.count, digest: content.sha256)
                try DraftFile.makeDirectory(server.root.appending("cache/partial"))
                let partial = server.root.appending("cache/partial").appending(content.sha256)
                // A part that is not the start of this file: only starting again helps.
                try
                    (faults.hasPrefix("status")
                    ? Data(count: present) : content.prefix(present) + Data(count: max(present - content.count, 0)))
                    .write(to: URL(filePath: partial.string))
                #expect(try await server.obtain(file) == content, "\(faults)")
            }
        }
    }

    @Test func moreThanAnnounced() async throws {
        try await FileServer.with { server in
            try server.offer("file", content)
            for faults in ["", "chunked=1&long=50000000"] {
                let file = Download(name: "file", url: server.url("file", faults), size: 1000, digest: content.sha256)
                let error = await #expect(throws: OperationError.self) { try await server.obtain(file) }
                #expect(error?.exit == .dataError || error?.exit == .unavailable, "\(String(describing: error))")
                #expect(try await server.store.stored(file) == nil)
            }
        }
    }

    @Test func questions() async throws {
        try await FileServer.with { server in
            let answer = try await server.downloader.ask(
                server.url("post"), headers: ["Cookie: session=\"x\\y"], body: "a=1\nb=\"2\"\\n")
            #expect(answer.body == "session=\"x\\y|a=1\nb=\"2\"\\n")
            #expect(answer.header("x-kind") == "echo")
            let error = await #expect(throws: OperationError.self) { try await server.downloader.ask(server.url("file", "status=403")) }
            #expect(error?.cause.contains("403") ?? false)
        }
    }

    @Test func aListIsFetchedWhenItChanged() async throws {
        try await FileServer.with { server in
            let lists = server.root.appending("cache/lists")
            try server.offer("list", Data("one".utf8))
            for _ in 0..<2 { #expect(try await server.downloader.current(server.url("list"), in: lists, limit: 100) == Data("one".utf8)) }
            #expect(server.requests.count == 2)
            try server.offer("list", Data("two".utf8))
            #expect(try await server.downloader.current(server.url("list"), in: lists, limit: 100) == Data("two".utf8))
            let error = await #expect(throws: OperationError.self) {
                try await server.downloader.current(server.url("list", "status=404"), in: lists, limit: 100)
            }
            #expect(error?.exit == .unavailable)
        }
    }

    @Test func whatTheCacheHolds() async throws {
        try await FileServer.with { server in
            try server.offer("file", content)
            let file = Download(name: "file", url: server.url("file"), size: content.count, digest: content.sha256)
            _ = try await server.obtain(file)
            _ = try await server.downloader.current(server.url("file"), in: server.root.appending("cache/lists"), limit: 1 << 20)
            let partials = server.root.appending("cache/partial")
            try Data(count: 5000).write(to: URL(filePath: partials.appending("broken").string))
            try Data(count: 5000).write(to: URL(filePath: partials.appending("busy").string))
            let contents = CacheContents(of: server.root.appending("cache"))
            #expect(Set(contents.items.map(\.kind.rawValue)) == ["file", "list", "partial"])
            #expect(contents.items.first { $0.kind == .file }?.name == "file")
            // A download that goes on is left alone.
            try await FileLock.holding(partials.appending("busy.lock")) { () throws(OperationError) in
                let removed = try contents.remove(contents.items)
                #expect(removed.count == contents.items.count - 1)
            }
            #expect(CacheContents(of: server.root.appending("cache")).items.map(\.path) == ["partial/busy"])
            #expect(try await server.store.stored(file) == nil)
        }
    }

    @Test func howLongItTakes() {
        #expect(TransferRate.text(512_000_000, 12_345_000_000, rate: nil) == "512 of 12345 MB")
        #expect(TransferRate.text(512_000_000, 12_345_000_000, rate: 34_000_000) == "512 of 12345 MB, 34 MB/s, 6 min left")
        #expect(TransferRate.text(0, 12_000_000, rate: 1_200_000) == "0 of 12 MB, 1.2 MB/s, 10 s left")
        #expect(TransferRate.text(0, 12_000_000_000, rate: 1_000_000) == "0 of 12000 MB, 1.0 MB/s, 3.3 h left")
        let rate = TransferRate(total: 10_000_000)
        let start = ContinuousClock.now
        #expect(rate.text(at: start) == "0 of 10 MB")
        rate.set(4_000_000, of: 1)
        #expect(rate.text(at: start + .seconds(2)) == "4 of 10 MB, 2.0 MB/s, 3 s left")
        // What arrived and was wrong does not count.
        rate.finish(1, 1_000_000)
        #expect(rate.text(at: start + .seconds(20)) == "1 of 10 MB")
    }
}
