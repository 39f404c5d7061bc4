import Foundation
import TestSupport
import Testing

@testable import Booter

/// The hand-written reader of our own JSON, judged by Foundation's.
struct QemuCacheTests {
    private struct Oracle: Decodable {
        var version: Int
        var size: Int
        var modified: Int?
        var facts: QemuFacts

        init?(_ text: String) {
            guard let oracle = try? JSONDecoder().decode(Oracle.self, from: Data(text.utf8)) else { return nil }
            self = oracle
        }
        var cache: QemuCache? {
            version == QemuCache.currentVersion ? QemuCache(size: size, modified: modified, facts: facts) : nil
        }
    }

    private static func saved() throws -> String {
        try String(contentsOf: SavedHost.directory.appendingPathComponent("qemu-7.2.json"), encoding: .utf8)
    }

    @Test func readsWhatFoundationReads() throws {
        let text = try Self.saved()
        let cache = try #require(QemuCache(parsing: text))
        #expect(cache == Oracle(text)?.cache)
        #expect(cache.facts.cpuModels.count > 100 && cache.facts.options["aio"] == ["native", "threads", "io_uring"])
    }

    /// As JSONEncoder writes it: sorted or not, slashes escaped, indented or in one line.
    @Test(arguments: [JSONEncoder.OutputFormatting.sortedKeys, .prettyPrinted, .withoutEscapingSlashes])
    func readsWhatFoundationWrites(format: JSONEncoder.OutputFormatting) throws {
        let names = ["", "a/b", "quoted \"x\"", "back\\slash", "ünïcödé 🙂", ",:{}[]"]
        let facts = QemuFacts(
            path: "/opt/q \"x\"/qemu\\y", version: [0, -1, .max], machines: names, devices: [], asked: names, cpuModels: names,
            options: ["": [], "run-with": names])
        let cache = QemuCache(size: .max, modified: .min, facts: facts)
        let encoder = JSONEncoder()
        encoder.outputFormatting = format
        #expect(QemuCache(parsing: String(decoding: try encoder.encode(cache), as: UTF8.self)) == cache)
    }

    @Test(arguments: [
        "007", "-0", "1.0", "1e3", "9223372036854775808", "\"8\"", "null", "", "[1]", "--1", "-",
    ])
    func refusesNumbersThatAreNone(number: String) throws {
        let text = try Self.saved()
        let size = try #require(text.range(of: #""size":\d+"#, options: .regularExpression))
        #expect(QemuCache(parsing: text.replacingCharacters(in: size, with: "\"size\":8")) != nil)
        #expect(QemuCache(parsing: text.replacingCharacters(in: size, with: "\"size\":" + number)) == nil)
    }

    /// Each is valid JSON up to a place that only a reader of the whole text sees.
    @Test func refusesWhatFollowsOrIsMissing() throws {
        let text = try Self.saved().trimmingCharacters(in: .whitespacesAndNewlines)
        #expect(QemuCache(parsing: text + " \n") != nil)
        for bad in [
            text + "}", text + ",", String(text.dropLast()), "{" + text, "[" + text + "]", "{\"new\":1," + text.dropFirst(),
            "{\"size\":1," + text.dropFirst(),
        ] {
            #expect(QemuCache(parsing: bad) == nil, "\(bad.suffix(40))")
        }
    }

    @Test func damageIsRefusedOrHarmless() throws {
        let original = Array(try Self.saved().utf8)
        var generator = SplitMix64(seed: 20)
        var accepted = 0
        for _ in 0..<4000 {
            let text = String(decoding: generator.mutated(original), as: UTF8.self)
            guard let cache = QemuCache(parsing: text) else { continue }
            accepted += 1
            #expect(cache == Oracle(text)?.cache)
        }
        #expect(accepted > 100, "a changed letter in a name is still a cache")
    }
}
