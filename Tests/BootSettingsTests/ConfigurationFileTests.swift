import Diagnostics
import Glibc
import SystemPackage
import Testing

@testable import BootSettings

/// Files that are no good configuration.
struct ConfigurationFileTests {
    private func error(_ bytes: [UInt8]) -> OperationError? {
        do throws(OperationError) {
            _ = try ConfigurationFile.parse(bytes, name: "/f.toml")
            return nil
        } catch { return error }
    }

    @Test(arguments: [
        ("[guest]\nmemory = 3 3", "line 2, column 12: parsing"),
        ("a = 1\na = 2", "line 2, column 5: parsing key-value pair: cannot redefine"),
        ("[guest]\n[disk]\n[guest]", "line 3, column 1: parsing table header: cannot redefine"),
        ("guest = 1\n[guest]\nvcpus = 1", "line 2, column 1: parsing"),
        ("a = \"\u{1}\"", "line 1, column 6: parsing string: unescaped control"),
        ("a = 99999999999999999999", "line 1, column"), ("a = \"\"\"abc", "line 1, column 11: parsing string: encountered end-of-file"),
        ("a = \"\\q\"", "line 1, column 7: parsing string: unknown escape"), ("a", "line 1, column 2: parsing"),
        // What the screening says; toml++ aborts on half of these.
        ("a = 1\n\u{0}b = 2", "line 2, column 1: a NUL byte"), ("a = 1\nb = \"x\\u0000y\"", "line 2, column 7: \\u0000"),
        ("\"a\\U00000000\" = 1", "line 1, column 3: \\u0000"), ("a = \"\"\"\n\n\\u0000\"\"\"", "line 3, column 1: \\u0000"),
        ("a = \'\'\'x\'\'\'\'\nb = \"\\u0000\"", "line 2, column 6: \\u0000"), ("[guest]\nmemory = = 3", "line 2, column 10: a second"),
        ("a = 1\n\n  [=]", "line 3, column 3: '[' without the name"), ("[/guest]", "line 1, column 1: '[' without"),
        ("[]", "line 1, column 1: '[' without"),
        ("[[é]]", "line 1, column 1: '[' without"), ("{a = 1}", "line 1, column 1: '{' without"),
        ("a = [ }", "line 1, column 7: an unexpected '}'"),
        ("a = [1\n]]", "line 2, column 2: an unexpected ']'"), ("'é' = é", "line 1, column 7: a character that needs quotes"),
        ("a = 1\"é\"", "line 1, column 6: a quote in the middle"), ("a = 1.\"é\"", "line 1, column 7: a quote in the middle"),
        ("a = [1=\"é\"]", "line 1, column 7: a second '='"), ("a = \"é\\", "line 1, column"),
        ("a = \"\\é\"", "line 1, column 6: '\\' at the end"),
        ("a = \"\"\"x \\\n  é\"\"\"", "line 1, column 10: '\\' at the end"), ("a = 2026-01-01", "line 1, column 9: a date or a time"),
        ("a = 07:32:00", "line 1, column 7: a date or a time"), ("a = 1979-05-27Tt07:32:00Z", "line 1, column 9: a date or a time"),
        ("a = { b = 1979-05-27 1 }", "line 1, column 15: a date or a time"), ("\u{feff}\u{feff}a = 1", "line 1, column 1: a character"),
    ]) func positionOfTheMistake(_ text: String, position: String) {
        let error = error(Array(text.utf8))
        #expect(error?.cause.hasPrefix(position) == true, "\(String(describing: error))")
        #expect(error?.operation == "parse configuration")
        #expect(error?.object == "'/f.toml'")
        #expect(error?.exitCode == 78)
    }

    @Test func invalidUTF8() {
        #expect(error(Array("a = 1\nb = '".utf8) + [0xff] + Array("'".utf8))?.cause == "line 2, column 6: invalid UTF-8")
        #expect(error([0xc0, 0x80])?.cause == "line 1, column 1: invalid UTF-8")
        #expect(error([0xed, 0xa0, 0x80])?.cause == "line 1, column 1: invalid UTF-8")
    }

    @Test(arguments: [
        "# dots in comments \(String(repeating: ".", count: 500))\n", "\u{feff}guest.vcpus = 4", "guest.vcpus = 4\r\n", "", "\n\n",
        "# \\u0000 = [ } é\n", "1979-05-27 = 1", "a = -1e-5", "a = '1979-05-27'", "\"é\".'ü' = [{b = [1, \"é\"]}, [ [ 2 ] ]] # ]",
        "[ a . \"b\" ]\n[[ c ]]\n[[c]]", "a = [\n [1],\n  # x\n [2] ]\n[b]", "a = { b = { c = 1, d = [] }, e = '' }",
        "state.run = '/a\\u0000'", "qemu.extra = ['\(String(repeating: ".", count: 500))']",
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
        let error = #expect(throws: OperationError.self) { try ConfigurationLoader.load(root: machine.root, environment: [:]) }
        #expect(error?.cause == "'\(name)' (file /etc/macos-virt/boot.toml) is no known key")
    }

    /// Dotted keys without end overflowed the stack when toml++ freed their tables.
    @Test(arguments: [
        ("", "a.", "a = 1\n!"), ("", "\"a\".'#'.", "a = 1\n!"), ("[", "a.", "a]\n!"), ("x = { ", "a.", "a = 1 }\n!"), ("x = ", "[", ""),
        ("x = ", "{a = ", ""),
        ("x = ", "[{a = ", ""), ("", "[[a]]\n", ""), ("", "[a.b]\n[c]", ""),
    ]) func endless(_ start: String, piece: String, end: String) {
        let error = error(Array((start + String(repeating: piece, count: 100_000) + end).utf8))
        #expect(error?.cause.hasSuffix("more than 256 dots and brackets") == true || error?.cause.contains("unexpected '['") == true)
    }

    /// As deep as the limit lets it, through toml++ and back.
    @Test func deepestAllowed() {
        #expect(
            error(Array((String(repeating: "a.", count: 256) + "a = 1\n!").utf8))?.cause.hasPrefix("line 2, column 1: parsing root table")
                == true)
        #expect(error(Array(("x = " + String(repeating: "[", count: 200) + String(repeating: "]", count: 200)).utf8)) == nil)
    }

    @Test func unreadable() throws {
        let machine = try ConfigurationMachine()
        try machine.makeDirectory("/etc/macos-virt/boot.toml")
        let directory = #expect(throws: OperationError.self) { try ConfigurationLoader.load(root: machine.root, environment: [:]) }
        #expect(directory?.cause == "Is a directory")
        #expect(directory?.exitCode == 78)

        let missing = #expect(throws: OperationError.self) {
            try ConfigurationLoader.load(root: machine.root, file: "/nowhere/b.toml", environment: [:])
        }
        #expect(missing?.description == "read configuration '/nowhere/b.toml': No such file or directory")
        #expect(missing?.exitCode == 78)

        let endless = #expect(throws: OperationError.self) {
            try ConfigurationLoader.load(root: machine.root, file: "/dev/zero", environment: [:])
        }
        #expect(endless?.cause == "larger than 1M")
    }

    /// Nobody writes into it: opening it would wait forever.
    @Test(.timeLimit(.minutes(1))) func aFIFOAtTheDefaultPlace() throws {
        let machine = try ConfigurationMachine()
        try machine.makeDirectory("/etc/macos-virt")
        #expect(mkfifo(machine.path + "/etc/macos-virt/boot.toml", 0o600) == 0)
        let error = #expect(throws: OperationError.self) { try ConfigurationLoader.load(root: machine.root, environment: [:]) }
        #expect(error?.cause == "not a regular file" && error?.exitCode == 78)
    }

    /// What goes into an image or a virtual machine is a regular file, by way of links too.
    @Test(.timeLimit(.minutes(1))) func onlyRegularFilesGoIntoAnImage() throws {
        let machine = try ConfigurationMachine(["/a.toml": Array("guest.vcpus = 3".utf8)])
        #expect(symlink("a.toml", machine.path + "/link.toml") == 0 && mkfifo(machine.path + "/fifo", 0o600) == 0)
        #expect(symlink("nowhere", machine.path + "/dangling") == 0)
        #expect(try ConfigurationFile.bytes(FilePath(machine.path + "/link.toml")) == Array("guest.vcpus = 3".utf8))
        for (name, cause) in [
            (machine.path + "/fifo", "not a regular file"), ("/dev/zero", "not a regular file"), (machine.path, "Is a directory"),
            (machine.path + "/dangling", "No such file or directory"),
        ] {
            let error = #expect(throws: OperationError.self) { try ConfigurationFile.bytes(FilePath(name)) }
            #expect(error?.cause == cause && error?.exit == .noInput, "\(name)")
        }
    }

    @Test(.enabled(if: geteuid() != 0, "root reads everything")) func forbidden() throws {
        let machine = try ConfigurationMachine(["/etc/macos-virt/boot.toml": []])
        chmod(machine.path + "/etc/macos-virt/boot.toml", 0)
        let error = #expect(throws: OperationError.self) { try ConfigurationLoader.load(root: machine.root, environment: [:]) }
        #expect(error?.cause == "Permission denied")
    }

    @Test func sizeLimit() throws {
        let limit = ConfigurationFile.sizeLimit
        let fits = try ConfigurationMachine(["/etc/macos-virt/boot.toml": [UInt8](repeating: 0x0a, count: limit)])
        #expect(try ConfigurationLoader.load(root: fits.root, environment: [:]) == LoadedConfiguration())
        let tooLarge = try ConfigurationMachine(["/etc/macos-virt/boot.toml": [UInt8](repeating: 0x0a, count: limit + 1)])
        let error = #expect(throws: OperationError.self) { try ConfigurationLoader.load(root: tooLarge.root, environment: [:]) }
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
