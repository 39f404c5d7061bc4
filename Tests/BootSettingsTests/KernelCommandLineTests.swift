import Diagnostics
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

    /// NixOS, dracut and live systems have words of their own that begin with `boot.`.
    @Test(arguments: [
        "boot.shell_on_fail", "boot.trace", "boot.panic_on_fail", "boot.debug1devices", "boot.persistence=/dev/sdc", "boot.memory=8G",
        "boot.", "boot..", "boot.loader.timeout=3", "boot.zfs.forceImportRoot=1", "boot.initrd.systemd.enable=1", "boot.=x",
    ]) func wordsOfOthers(_ word: String) throws {
        #expect(KernelCommandLine.assignments("root=/dev/sda1 \(word) boot.guest.vcpus=2").map(\.key) == ["guest.vcpus"])
    }

    /// Our sections with an unknown key, and misspelled sections.
    @Test(arguments: [
        ("boot.guest.memroy=8G", "guest.memroy"), ("boot.guest.x=1", "guest.x"), ("boot.gest.memory=8G", "gest.memory"),
        ("boot.netwrok.allow-host=1", "netwrok.allow_host"), ("boot.guest.", "guest."), ("boot.state.run.x=1", "state.run.x"),
    ]) func mistakesAreReported(_ word: String, key: String) {
        let error = #expect(throws: OperationError.self) { try ConfigurationLoader.merge(KernelCommandLine.assignments(word)) }
        #expect(KernelCommandLine.assignments(word).map(\.key) == [key])
        #expect(error?.cause.contains("is no known key") == true && error?.exitCode == 78)
    }
}
