import Diagnostics
import DiskImage
import Foundation
import Glibc
import HostSupport
import SystemPackage
import Testing

@testable import OpenCoreImage

/// Inputs that somebody made to do harm: a named error, and nothing outside of the draft is touched.
struct HostileInputTests {
    private func refuses(
        _ exit: Diagnostics.ExitStatus, naming text: String, sourceLocation: SourceLocation = #_sourceLocation,
        _ work: () async throws -> Void
    ) async {
        let error = await #expect(throws: OperationError.self, sourceLocation: sourceLocation) { try await work() }
        #expect(error?.exit == exit, "\(String(describing: error))", sourceLocation: sourceLocation)
        #expect(error?.description.contains(text) ?? false, "\(String(describing: error))", sourceLocation: sourceLocation)
    }

    /// A ZIP with what Python's zipfile writes unchecked: names with .., links to anywhere.
    private func zip(_ stand: StandIn, _ name: String, link: Bool = false, content: String) async throws -> FilePath {
        let script = """
            import sys, zipfile
            path, name, link, content = sys.argv[1:]
            entry = zipfile.ZipInfo(name)
            entry.external_attr = (0o120777 if link == "true" else 0o100644) << 16
            entry.create_system = 3
            with zipfile.ZipFile(path, "w") as archive:
                archive.writestr("inside", "x")
                archive.writestr(entry, content)
            """
        let path = stand.path("hostile.zip")
        try await Tool("python3", from: "python3").run(["-c", script, path.string, name, String(link), content])
        return path
    }

    /// unzip leaves out the dots: the file is inside, and harmless.
    @Test func zipWithNamesThatLeadOut() async throws {
        let stand = try StandIn()
        defer { stand.remove() }
        let archive = Archive(try await zip(stand, "../../escaped", content: "x"))
        #expect(try await archive.open(scratch: stand.path("a/b/c")) == stand.path("a/b/c"))
        #expect(FileManager.default.fileExists(atPath: stand.path("a/b/c/inside").string))
        for place in ["escaped", "a/escaped", "a/b/escaped"] { #expect(!FileManager.default.fileExists(atPath: stand.path(place).string)) }
    }

    @Test(arguments: ["/etc/passwd", "../../outside", "nowhere", ".."])
    func zipWithALinkThatLeadsOut(target: String) async throws {
        let stand = try StandIn()
        defer { stand.remove() }
        try stand.file("outside", Data())
        let archive = Archive(try await zip(stand, "EFI/link", link: true, content: target == ".." ? "../.." : target))
        await refuses(.dataError, naming: "EFI/link") { _ = try await archive.open(scratch: stand.path("unpacked")) }
    }

    @Test func zipWithALinkThatStaysInside() async throws {
        let stand = try StandIn()
        defer { stand.remove() }
        let archive = Archive(try await zip(stand, "EFI/link", link: true, content: "../inside"))
        #expect(try await archive.open(scratch: stand.path("unpacked")) == stand.path("unpacked"))
    }

    @Test func zipWithAPassword() async throws {
        let stand = try StandIn()
        defer { stand.remove() }
        try stand.file("a/inside", Data("x".utf8))
        try await Tool("zip", from: "zip").run(["-q", "-r", "-P", "secret", stand.path("e.zip").string, "."], directory: stand.path("a"))
        await refuses(.dataError, naming: "e.zip") { _ = try await Archive(stand.path("e.zip")).open(scratch: stand.path("b")) }
    }

    private static func nested(_ open: String, _ close: String) -> String {
        let depth = 100_000
        return #"<?xml version="1.0"?><plist version="1.0">"# + String(repeating: open, count: depth)
            + String(repeating: close, count: depth) + "</plist>"
    }

    @Test(arguments: [
        Data(nested("<array>", "</array>").utf8), Data(nested("<dict><key>a</key>", "</dict>").utf8),
        Data(nested("<array><!--</array>-->", "</array>").utf8), nested("<array>", "</array>").data(using: .utf16) ?? Data(),
    ])
    func propertyListThatIsTooDeep(_ data: Data) async throws {
        let stand = try StandIn()
        defer { stand.remove() }
        let kext = try stand.kext("Deep")
        try stand.file("Deep.kext/Contents/Info.plist", data)
        await refuses(.dataError, naming: "Deep.kext") { _ = try KextBundle(kext) }
        let patches = try stand.file("patches.plist", data)
        await refuses(.dataError, naming: "patches.plist") { _ = try CPUPatches.read(patches, cores: 4) }
        await refuses(.dataError, naming: "config.plist") {
            _ = try ImageSummary.configuration(data, "a.img")
        }
    }

    @Test func manySectionsThatAreNotDeep() throws {
        let sections = String(repeating: "<dict/>", count: PlistFile.sections - 1)
        #expect(try PlistFile.decode([[String: String]].self, from: Data("<plist><array>\(sections)</array></plist>".utf8)).count == 3999)
        #expect(throws: PlistFile.Unreadable.self) {
            try PlistFile.decode([[String: String]].self, from: Data("<plist><array>\(sections)<dict/></array></plist>".utf8))
        }
    }

    /// A hole of a terabyte takes no room on the disk and would take it in memory.
    @Test func filesThatAreTooLong() async throws {
        let stand = try StandIn()
        defer { stand.remove() }
        let core = try stand.release("OpenCore-1.0.6-RELEASE").appending("X64/EFI/OC/OpenCore.efi")
        let kext = try stand.kext("Long")
        for file in [core, kext.appending("Contents/Info.plist")] {
            try await Tool("truncate", from: "coreutils").run(["--size", "1T", file.string])
        }
        await refuses(.dataError, naming: "OpenCore.efi") { _ = try OpenCoreRelease.build(core) }
        await refuses(.noInput, naming: "Long.kext") { _ = try KextBundle(kext) }
    }

    /// A partition table whose entry begins where no disk is: in bytes the number is too large for 64 bits.
    @Test func partitionBehindTheEnd() async throws {
        let stand = try StandIn()
        defer { stand.remove() }
        let image = stand.path("gpt.img")
        let script = """
            import struct, sys, zlib
            size = 8 << 20
            last = size // 512 - 1
            disk = bytearray(size)
            disk[446:462] = struct.pack("<4xB3xII", 0xee, 1, last)
            disk[510:512] = b"\\x55\\xaa"
            entries = bytearray(128 * 128)
            entries[:48] = bytes.fromhex("28732ac11ff8d211ba4b00a0c93ec93b") + bytes(range(1, 17)) + struct.pack("<QQ", 1 << 60, (1 << 60) + 9)
            def header(own, other, table):
                fields = [b"EFI PART", 0x10000, 92, 0, 0, own, other, 34, last - 33, bytes(range(16)), table, 128, 128, zlib.crc32(entries)]
                fields[3] = zlib.crc32(struct.pack("<8sIIIIQQQQ16sQIII", *fields))
                return struct.pack("<8sIIIIQQQQ16sQIII", *fields)
            for own, other, table in [(1, last, 2), (last, 1, last - 32)]:
                disk[own * 512 : own * 512 + 92] = header(own, other, table)
                disk[table * 512 : table * 512 + len(entries)] = entries
            open(sys.argv[1], "wb").write(disk)
            """
        try await Tool("python3", from: "python3").run(["-c", script, image.string])
        let dump = try await Tool("sfdisk", from: "fdisk").run(["--dump", image.string])
        try #require(dump.contains("start=1152921504606846976"))
        await refuses(.dataError, naming: "beyond the end") { _ = try await ImageInspector.inspect(image) }
    }

    /// A qcow2 of an OpenCore disk that leaves its contents to another file would make us read whatever file it names.
    @Test(arguments: [("backing", ["-b", "out.img", "-F", "raw"]), ("data", ["-o", "data_file=out.img,data_file_raw=on"])])
    func qcow2ThatNamesAnotherFile(_ kind: String, _ words: [String]) async throws {
        let stand = try StandIn()
        defer { stand.remove() }
        _ = try await stand.build(try stand.request())
        try await Tool("qemu-img", from: "qemu-utils").run(
            ["create", "-q", "-f", "qcow2"] + words + ["foreign.qcow2", "65M"], directory: stand.root)
        await refuses(.dataError, naming: "its \(kind) file") { _ = try await ImageInspector.inspect(stand.path("foreign.qcow2")) }
    }

    @Test func qcow2ThatIsDamaged() async throws {
        let stand = try StandIn()
        defer { stand.remove() }
        var request = try stand.request("out.qcow2")
        request.format = .qcow2
        _ = try await stand.build(request)
        let whole = try Data(contentsOf: URL(filePath: request.output.string))
        for length in [4, 71, 72, 103, 104, 4096, whole.count / 2] {
            let part = try stand.file("part.qcow2", whole.prefix(length))
            await refuses(.dataError, naming: "part.qcow2") { _ = try await ImageInspector.inspect(part) }
        }
    }

    @Test func whatATerminalWouldObey() async throws {
        let stand = try StandIn()
        defer { stand.remove() }
        try stand.release("tree")
        var profile = Samples.profile()
        profile.bootArguments = ["a\tb\u{7F}\u{9B}cé"]
        try stand.file("tree/X64/EFI/OC/config.plist", Data(OpenCoreConfiguration(for: profile).plist.xml.utf8))
        let image = try await stand.volume(stand.path("tree/X64"))
        let text = try await ImageInspector.inspect(image).text(showsSerials: false)
        #expect(text.contains("a?b??cé"))
    }

    /// A ZIP of 2 GiB of zeros, in 2 MB.
    @Test(arguments: [true, false])
    func zipThatUnpacksToMore(_ isHonest: Bool) async throws {
        let stand = try StandIn()
        defer { stand.remove() }
        let script = """
            import struct, sys, zipfile
            path, honest = sys.argv[1:]
            zeros = bytes(1 << 20)
            with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
                with archive.open("big", "w", force_zip64=False) as big:
                    for _ in range(2047): big.write(zeros)
            if honest == "false":
                data = bytearray(open(path, "rb").read())
                # The size in the local header and in the central directory.
                struct.pack_into("<I", data, 22, 5)
                struct.pack_into("<I", data, data.rfind(b"PK\\x01\\x02") + 24, 5)
                open(path, "wb").write(data)
            """
        let bomb = stand.path("bomb.zip")
        try await Tool("python3", from: "python3").run(["-c", script, bomb.string, String(isHonest)])
        await refuses(.dataError, naming: "bomb.zip") { _ = try await Archive(bomb).open(scratch: stand.path("out")) }
        #expect(FileTree.bytes(stand.path("out")) < 2 << 30)
    }

    /// Nothing is waited for.
    @Test func namedPipes() async throws {
        let stand = try StandIn()
        defer { stand.remove() }
        let fifo = stand.path("fifo")
        #expect(mkfifo(fifo.string, 0o644) == 0)
        await refuses(.noInput, naming: "FIFO") { _ = try await ImageInspector.inspect(fifo) }
        await refuses(.noInput, naming: "FIFO") { _ = try await Archive(fifo).open(scratch: stand.path("out")) }
        await refuses(.noInput, naming: "FIFO") { _ = try IdentityFile.read(fifo) }
        await refuses(.noInput, naming: "FIFO") { _ = try CPUPatches.read(fifo, cores: 4) }
        let kext = try stand.kext("Piped")
        #expect(mkfifo(kext.appending("Contents/pipe").string, 0o644) == 0)
        await refuses(.dataError, naming: "FIFO") { try DraftFile.copyTree(kext, to: stand.path("copy")) }
    }
}
