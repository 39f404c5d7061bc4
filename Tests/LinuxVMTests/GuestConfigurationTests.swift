import Diagnostics
import Foundation
import HostSupport
import SystemPackage
import Testing

@testable import BootSettings
@testable import LinuxVM

@Suite struct GuestConfigurationTests {
    typealias Assignment = GuestConfiguration.Assignment

    private func merged(_ file: String?, _ sets: [String] = [], defaults: [Assignment] = []) throws -> GuestConfiguration {
        try GuestConfiguration(
            file: file.map { ("boot.toml", Array($0.utf8)) }, sets: try sets.map { try #require(Assignment($0)) }, defaults: defaults)
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
            defaults: [.init("disk", "device", "serial:macos"), .init("guest", "memory", "1G")])
        #expect(
            try read(configuration)
                == #"{"disk": {"device": "auto"}, "guest": {"memory": "4G", "vcpus": "4"}, "#
                + #""network": {"allow_host": true, "forwards": ["tcp:1:2"]}}"#)
    }

    @Test func withoutAFile() throws {
        #expect(try read(try merged(nil)) == "{}")
        #expect(try read(try merged(nil, defaults: [.init("disk", "device", "serial:macos")])) == #"{"disk": {"device": "serial:macos"}}"#)
    }

    /// A value arrives as it was written, whatever is in it.
    @Test(arguments: ["", "a b", "\"", "'", "\\", "\\u0000", "a = b # c", "[x]", "-d int,cpu", "\u{e9}\u{4e2d}\u{1f600}", "'''", "\"\"\""])
    func values(value: String) throws {
        let json = String(
            decoding: try JSONSerialization.data(withJSONObject: ["qemu": ["extra": value]], options: .sortedKeys), as: UTF8.self)
        let seen = try JSONSerialization.jsonObject(with: Data(try read(try merged(nil, ["qemu.extra=" + value])).utf8))
        #expect(seen as? [String: [String: String]] == ["qemu": ["extra": value]], "\(json)")
    }

    @Test(arguments: ["", "a", "a.b", "=x", "a=b", ".a=b", "a.=b", "a.b.c=d", "A.b=c", "a-b.c=d", "a.b=x\ny", "a.b=\u{0}", "a.b=\u{85}"])
    func noAssignments(text: String) { #expect(Assignment(text) == nil) }

    @Test(arguments: ["[guest", "guest = [\n", "a = 1\na = 2\n", "[=", "x = [ }", "\u{0}", "guest = 1"])
    func wrongFilesAreRefusedByName(text: String) {
        let error = #expect(throws: OperationError.self) { try merged(text, ["guest.vcpus=1"]) }
        #expect(error?.exit == .config)
        if text != "guest = 1" { #expect(error?.object == "boot.toml") }
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
