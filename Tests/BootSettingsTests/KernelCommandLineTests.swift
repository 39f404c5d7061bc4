import Testing

@testable import BootSettings

struct KernelCommandLineTests {
    /// The rules of next_arg: quotes around the value or the word, kept anywhere else; blanks of every kind.
    @Test(arguments: [
        ("", []), (" \t\n", []), ("quiet", ["quiet"]), ("a=b", ["a=b"]), ("a=", ["a="]), ("=b", ["=b"]), ("a=b=c", ["a=b=c"]),
        ("a=\"b c\" d", ["a=b c", "d"]), ("\"a=b c\" d", ["a=b c", "d"]), ("a=b\" \"c", ["a=b\" \"c"]), ("a=\"b", ["a=b"]),
        ("a=\"b c d", ["a=b c d"]), ("\"a b\"=c", ["a b\"=c"]), ("a\u{b}b\u{c}c\rd", ["a", "b", "c", "d"]), ("\"\"", [""]), ("\"", [""]),
        ("a=\"\"", ["a="]), ("-- boot.x=1", ["--", "boot.x=1"]),
    ]) func splits(_ line: String, words: [String]) {
        #expect(KernelCommandLine.parameters(line).map { $0.name + ($0.value.map { "=" + $0 } ?? "") } == words)
    }

    @Test func onlyOurs() {
        let line = "BOOT_IMAGE=/k boot=live boot.guest.memory=8G reboot.x=1 boot.network.allow-host=on bootx.y=1 Boot.a=1"
        let assignments = KernelCommandLine.assignments(line)
        #expect(assignments.map(\.key) == ["guest.memory", "network.allow_host"])
        #expect(assignments.map(\.spelled) == ["boot.guest.memory", "boot.network.allow-host"])
        #expect(assignments.map(\.input) == [.text("8G"), .text("on")])
    }
}
