import Diagnostics
import Foundation
import HostSupport
import SystemPackage
import Testing

@testable import BootSettings
@testable import LinuxVM

@Suite struct GuestConfigurationTests {
    private func merged(_ file: String?, _ sets: [String] = [], presets: [(String, String)] = []) throws -> GuestConfiguration {
        try GuestConfiguration(
            presets: presets.map { ConfigurationAssignment($0, .text($1), .program("macos-virt run")) },
            file: try file.map { try ConfigurationFile.parse(Array($0.utf8), name: "boot.toml") } ?? [],
            flags: try sets.map(ConfigurationFlag.init(set:)))
    }

    /// Python's own TOML parser, as JSON with sorted keys.
    private func read(_ configuration: GuestConfiguration) throws -> String {
        let script = "import json,sys,tomllib; print(json.dumps(tomllib.load(open(sys.argv[1],'rb')),sort_keys=True))"
        let scratch = try Scratch(["boot.toml": configuration.text])
        // What the parser of boot would stumble over must not come out either.
        #expect(TOMLScreening.problem(Array(configuration.text.utf8)) == nil)
        let ended = try Program.run("/usr/bin/env", ["python3", "-c", script, scratch.path.appending("boot.toml").string])
        #expect(ended.status == 0, "\(ended.errors)\n\(configuration.text)")
        return ended.output.trimmingCharacters(in: .newlines)
    }

    @Test func setsOverrideTheFileWhichOverridesTheDefaults() throws {
        let file = "# mine\n[guest]\nmemory = \"4G\"\nvcpus = 2\n[network]\nallow_host = true\nforwards = [\"tcp:1:2\"]\n"
        let configuration = try merged(
            file, ["guest.vcpus=4", "disk.device=auto"],
            presets: [("disk.device", "serial:macos"), ("guest.memory", "1G")])
        #expect(
            try read(configuration)
                == #"{"disk": {"device": "auto"}, "guest": {"memory": "4G", "vcpus": "4"}, "#
                + #""network": {"allow_host": true, "forwards": ["tcp:1:2"]}}"#)
    }

    @Test func withoutAFile() throws {
        #expect(try read(try merged(nil)) == "{}")
        #expect(try read(try merged(nil, presets: [("disk.device", "serial:macos")])) == #"{"disk": {"device": "serial:macos"}}"#)
    }

    /// A value that `boot` accepts arrives unchanged, whatever characters it has.
    @Test(arguments: ["a b", "\"", "'", "\\", "\\u0000", "a = b # c", "[x]", "-d int,cpu", "\u{e9}\u{4e2d}\u{1f600}", "'''", "\"\"\""])
    func values(value: String) throws {
        let json = String(
            decoding: try JSONSerialization.data(withJSONObject: ["disk": ["device": "label:" + value]], options: .sortedKeys),
            as: UTF8.self)
        let seen = try JSONSerialization.jsonObject(with: Data(try read(try merged(nil, ["disk.device=label:" + value])).utf8))
        #expect(seen as? [String: [String: String]] == ["disk": ["device": "label:" + value]], "\(json)")
    }

    /// `boot` reads from the text what was asked for.
    @Test(arguments: [
        ("[qemu]\nextra = [\"-d\", \"int,cpu\"]\nsandbox = false\n", []), ("network.forwards = []\n", ["guest.macos=sequoia"]),
        ("disk.wait = 0x10\n", ["guest.memory=4097MiB", "network.allow_host=yes"]), ("", ["qemu.extra=-name \"a b\"", "disk.device=auto"]),
    ]) func bootReadsTheSame(file: String, sets: [String]) throws {
        let configuration = try merged(file, sets, presets: [("disk.device", "serial:macos")])
        let read = try ConfigurationLoader.merge(ConfigurationFile.parse(Array(configuration.text.utf8), name: "boot.toml"))
        #expect(read.configuration == configuration.configuration)
    }

    @Test(arguments: [
        "", "a", "a.b", "=x", "a=b", ".a=b", "a.=b", "a.b.c=d", "A.b=c", "a-b.c=d", "state.run=/x\ny", "state.run=/\u{0}",
        "state.run=/\u{85}",
    ]) func noAssignments(text: String) {
        let error = #expect(throws: OperationError.self) { try merged(nil, [text]) }
        #expect(error?.exit == .usage && error?.cause.contains("(flag --set)") == true)
    }

    @Test(arguments: ["[guest", "guest = [\n", "a = 1\na = 2\n", "[=", "x = [ }", "\u{0}", "guest = 1"])
    func wrongFilesAreRefusedByName(text: String) {
        let error = #expect(throws: OperationError.self) { try merged(text, ["guest.vcpus=1"]) }
        #expect(error?.exit == .config)
        if text != "guest = 1" { #expect(error?.object == "'boot.toml'") }
    }

    /// Whatever bytes a file has, they are taken or refused.
    @Test func randomFiles() throws {
        var generator = SystemRandomNumberGenerator()
        let pieces = ["[", "]", "guest", ".", "=", "\"", "'", "\n", "{", "}", ",", "1", "#", "\\", " ", "\u{e9}", "\0", "2020-01-01"]
        var taken = 0
        for _ in 0..<2000 {
            let text = (0..<Int.random(in: 0..<12, using: &generator)).map { _ in pieces.randomElement(using: &generator) ?? "" }.joined()
            if (try? merged(text, ["guest.vcpus=1"])) != nil { taken += 1 }
        }
        #expect(taken > 20 && taken < 2000)
    }
}
