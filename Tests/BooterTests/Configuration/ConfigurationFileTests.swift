import Glibc
import SystemPackage
import Testing

@testable import Booter

/// Files that are no good configuration.
struct ConfigurationFileTests {
    private func error(_ bytes: [UInt8]) -> BootError? {
        do throws(BootError) {
            _ = try ConfigurationFile.parse(bytes, name: "/f.toml")
            return nil
        } catch { return error }
    }

    @Test(arguments: [
        ("[guest]\nmemory = = 3", "line 2, column 10"), ("a = 1\na = 2", "line 2, column 3"),
        ("[guest]\n[disk]\n[guest]", "line 3, column 1"),
        ("guest = 1\n[guest]\nvcpus = 1", "line 2, column 1"), ("a = \"\u{1}\"", "line 1, column 6"),
        ("a = 99999999999999999999", "line 1, column"),
        ("a = 2026-13-01", "line 1, column"), ("a = \"\"\"abc\n", "line 2, column 1"), ("a = \"\\q\"", "line 1, column 7"),
        ("a", "line 1, column 2"),
        ("a = 1\n\u{0}b = 2", "line 2: a NUL byte"), ("a = 1\nb = \"x\\u0000y\"", "line 2: \\u0000"),
        ("\"a\\U00000000\" = 1", "line 1: \\u0000"),
        ("a = \"\"\"\n\n\\u0000\"\"\"", "line 3: \\u0000"), ("a = '''x''''\nb = \"\\u0000\"", "line 2: \\u0000"),
    ]) func positionOfTheMistake(_ text: String, position: String) {
        let error = error(Array(text.utf8))
        #expect(error?.cause.hasPrefix(position) == true, "\(String(describing: error))")
        #expect(error?.operation == "parse configuration")
        #expect(error?.object == "'/f.toml'")
        #expect(error?.exitCode == 78)
    }

    @Test func invalidUTF8() {
        #expect(error(Array("a = 1\nb = '".utf8) + [0xff] + Array("'".utf8))?.cause == "line 2: invalid UTF-8")
        #expect(error([0xc0, 0x80])?.cause == "line 1: invalid UTF-8")
        #expect(error([0xed, 0xa0, 0x80])?.cause == "line 1: invalid UTF-8")
    }

    @Test(arguments: [
        "# dots in comments \(String(repeating: ".", count: 500))\n", "\u{feff}guest.vcpus = 4", "guest.vcpus = 4\r\n", "", "\n\n",
        "# \\u0000\n", "state.run = '/a\\u0000'", "qemu.extra = ['\(String(repeating: ".", count: 500))']",
        "qemu.extra = [\"\"\"a\"\"\"\"\", '''b''''', \"\\\"\"]",
    ]) func harmless(_ text: String) {
        #expect(error(Array(text.utf8)) == nil)
    }

    /// Unknown tables, wherever they are, are named by their path.
    @Test(arguments: [
        ("[guest.foo]\nbar = 1", "guest.foo"), ("[foo]\nbar = 1", "foo.bar"), ("memory = 1", "memory"), ("guest = 1", "guest"),
        ("[[guest]]\nvcpus = 1", "guest"), ("\"guest.vcpus\" = 1", "\"guest.vcpus\""), ("guest.\"vcpus.x\" = 1", "guest.\"vcpus.x\""),
        ("\"\" = 1", ""), ("[guest]\n'' = 1", "guest."),
    ]) func unknownKeys(_ text: String, name: String) throws {
        let machine = try ConfigurationMachine(["/etc/macos-virt/boot.toml": Array(text.utf8)])
        let error = #expect(throws: BootError.self) { try ConfigurationLoader.load(root: machine.root, environment: [:]) }
        #expect(error?.cause == "'\(name)' (file /etc/macos-virt/boot.toml) is no known key")
    }

    /// Each of these overflowed the stack in the parser's destructor, or came near it.
    @Test(arguments: ["", "[", "x = [", "x = {"]) func deepKeys(_ prefix: String) {
        let error = error(Array((prefix + String(repeating: "a.", count: 400_000) + "a = 1\n!").utf8))
        #expect(error?.cause == "line 1: too many dotted keys")
        let quoted = self.error(Array((prefix + String(repeating: "\"a\".'#'.", count: 60_000) + "a = 1\n!").utf8))
        #expect(quoted?.cause == "line 1: too many dotted keys")
    }

    @Test(arguments: ["[", "{a = ", "[{a = "]) func deepValues(_ opening: String) {
        let error = error(Array(("x = " + String(repeating: opening, count: 100_000)).utf8))
        #expect(error?.cause.contains("exceeded maximum nested value depth") == true)
    }

    @Test func unreadable() throws {
        let machine = try ConfigurationMachine()
        try machine.makeDirectory("/etc/macos-virt/boot.toml")
        let directory = #expect(throws: BootError.self) { try ConfigurationLoader.load(root: machine.root, environment: [:]) }
        #expect(directory?.cause == "Is a directory")
        #expect(directory?.exitCode == 78)

        let missing = #expect(throws: BootError.self) {
            try ConfigurationLoader.load(root: machine.root, file: "/nowhere/b.toml", environment: [:])
        }
        #expect(missing?.description == "read configuration '/nowhere/b.toml': No such file or directory")
        #expect(missing?.exitCode == 78)

        let endless = #expect(throws: BootError.self) {
            try ConfigurationLoader.load(root: machine.root, file: "/dev/zero", environment: [:])
        }
        #expect(endless?.cause == "larger than 1M")
    }

    @Test(.enabled(if: geteuid() != 0, "root reads everything")) func forbidden() throws {
        let machine = try ConfigurationMachine(["/etc/macos-virt/boot.toml": []])
        chmod(machine.path + "/etc/macos-virt/boot.toml", 0)
        let error = #expect(throws: BootError.self) { try ConfigurationLoader.load(root: machine.root, environment: [:]) }
        #expect(error?.cause == "Permission denied")
    }

    @Test func sizeLimit() throws {
        let limit = ConfigurationFile.sizeLimit
        let fits = try ConfigurationMachine(["/etc/macos-virt/boot.toml": [UInt8](repeating: 0x0a, count: limit)])
        #expect(try ConfigurationLoader.load(root: fits.root, environment: [:]) == LoadedConfiguration())
        let tooLarge = try ConfigurationMachine(["/etc/macos-virt/boot.toml": [UInt8](repeating: 0x0a, count: limit + 1)])
        let error = #expect(throws: BootError.self) { try ConfigurationLoader.load(root: tooLarge.root, environment: [:]) }
        #expect(error?.cause == "larger than 1M")
    }

    @Test func fromAPipe() throws {
        let machine = try ConfigurationMachine()
        let pipe = try FileDescriptor.pipe()
        try pipe.writeEnd.closeAfter { _ = try pipe.writeEnd.writeAll(Array("guest.vcpus = 3".utf8)) }
        let loaded = try pipe.readEnd.closeAfter {
            try ConfigurationLoader.load(root: machine.root, file: "/proc/self/fd/\(pipe.readEnd.rawValue)", environment: [:])
        }
        #expect(loaded.configuration.guest.vcpus == 3)
    }
}
