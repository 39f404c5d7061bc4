import Diagnostics
import TestSupport
import Testing

@testable import BootSettings

/// Hostile input is refused or understood, never a trap; what is understood can be written again.
struct ConfigurationFuzzTests {
    private static let pieces =
        ConfigurationKey.all.map(\.name) + ConfigurationSample.all.map(\.toml) + ConfigurationSample.all.map(\.text) + [
            " = ", "=", "\n", "\n", "[", "]", "[[", "]]", "{", "}", ",", ".", "\"", "'", "\"\"\"", "'''", "\\", "\\u0000", "\\U0010ffff",
            "#", "\0",
            "\u{feff}", "guest", "network", "\r\n", "\t", "0x", "1e9", "nan", "-9223372036854775808", "1979-05-27T07:32:00Z", "é", "👩‍👩‍👧",
            "boot.", "boot.guest.memory=", "\u{80}", "\u{2028}", "true", "none", "auto",
        ]

    /// Loads nothing from disk: parse, apply, check, render, parse again.
    private func exercise(_ assignments: [ConfigurationAssignment]) throws {
        for assignment in assignments {
            var configuration = Configuration()
            let key: ConfigurationKey
            do throws(OperationError) {
                key = try assignment.apply(to: &configuration)
            } catch {
                #expect([64, 78].contains(error.exitCode))
                #expect(!error.description.unicodeScalars.contains { ConfigurationInput.isControl($0) && $0 != "\n" })
                continue
            }
            var again = Configuration()
            try key.set(.text(key.render(configuration)), in: &again)
            #expect(again == configuration)
        }
        _ = try? ConfigurationLoader.merge(assignments)
    }

    private func exercise(toml bytes: [UInt8]) throws {
        let assignments: [ConfigurationAssignment]
        do throws(OperationError) {
            assignments = try ConfigurationFile.parse(bytes, name: "/f")
        } catch {
            #expect(error.exitCode == 78)
            #expect(error.cause.hasPrefix("line "))
            return
        }
        try exercise(assignments)
    }

    @Test(arguments: UInt64(1)...8) func tomlOfPieces(_ seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        for _ in 0..<1500 {
            let count = Int.random(in: 0...24, using: &random)
            try exercise(toml: Array(random.text(Self.pieces, count: count).utf8))
        }
    }

    /// Nearly right documents get further than random ones.
    @Test(arguments: UInt64(1)...8) func tomlMutated(_ seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        for _ in 0..<1500 {
            let lines = ConfigurationSample.all.shuffled(using: &random).prefix(4).map { "\($0.key) = \($0.toml)\n" }
            try exercise(toml: random.mutated(Array(lines.joined().utf8), tokens: SplitMix64.punctuation))
        }
    }

    @Test(arguments: UInt64(1)...4) func kernelCommandLine(_ seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        for _ in 0..<1500 {
            let words = ConfigurationSample.all.shuffled(using: &random).prefix(3).map { "boot.\($0.key)=\"\($0.text)\"" }
            let mutated = random.mutated(Array(words.joined(separator: " ").utf8), tokens: SplitMix64.punctuation)
            try exercise(KernelCommandLine.assignments(String(decoding: mutated, as: UTF8.self)))
            try exercise(KernelCommandLine.assignments(random.text(Self.pieces + [" ", " "], count: 12)))
        }
    }

    /// Any text for any key: refused, or the same again after rendering.
    @Test(arguments: ConfigurationKey.all.map(\.name)) func values(_ name: String) throws {
        var random = SplitMix64(seed: UInt64(name.utf8.reduce(0) { $0 &* 31 &+ Int($1) } & 0xffff))
        let samples = ConfigurationSample.all.filter { $0.key == name }.map(\.text) + ["/c.fd"]
        for _ in 0..<800 {
            let sample = samples.randomElement(using: &random) ?? ""
            let text = String(decoding: random.mutated(Array(sample.utf8), tokens: SplitMix64.punctuation), as: UTF8.self)
            try exercise([ConfigurationAssignment(name, .text(text), .flag("--set"))])
            try exercise([ConfigurationAssignment(name, .list([text, sample]), .file("/f"))])
        }
    }

    @Test(arguments: UInt64(1)...4) func words(_ seed: UInt64) {
        var random = SplitMix64(seed: seed)
        for _ in 0..<2000 {
            let words = (0..<Int.random(in: 1...4, using: &random)).map { _ in
                random.text(["a", "none", " ", "\"", "'", "\\", "\t", "-x", "é", ","], count: Int.random(in: 0...5, using: &random))
            }
            #expect(QuotedWords.parse(QuotedWords.render(words)) == words)
        }
    }

    /// A hostile file of the largest size is done with in well under a second: each of these was tried for quadratic work.
    @Test(arguments: ["[a]\n", "a=1\n", "#", "\"", "'''", "x=[", "x=[1,", "\\", "\n", "é", "[[a]]\n", "a.b=1\n", "=", "\"\"\""])
    func largeFiles(_ piece: String) {
        let text = String(repeating: piece, count: ConfigurationFile.sizeLimit / piece.utf8.count)
        let spent = ContinuousClock().measure { _ = try? ConfigurationFile.parse(Array(text.utf8), name: "/f") }
        // Generous for a debug build on a busy machine; quadratic work on a megabyte takes minutes.
        #expect(spent < .seconds(10))
    }

    @Test func manyKeys() {
        let text = (0..<60_000).map { "k\($0)=[\($0)]\n" }.joined()
        let spent = ContinuousClock().measure { _ = try? ConfigurationFile.parse(Array(text.utf8), name: "/f") }
        #expect(spent < .seconds(10))
    }
}
