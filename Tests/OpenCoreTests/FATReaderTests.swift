import Diagnostics
import DiskFormats
import DiskImage
import Foundation
import HostSupport
import SystemPackage
import Testing

@testable import OpenCoreImage

/// FAT volumes made by dosfstools and mtools.
struct FATReaderTests {
    private func reader(_ image: FilePath) throws -> FATReader? {
        let bytes = Array(try Data(contentsOf: URL(filePath: image.string)))
        return FATReader(
            BlockSource(size: bytes.count, blockSize: 512) { (offset, count) throws(Errno) in
                Array(bytes[offset..<min(offset + count, bytes.count)])
            },
            at: 0)
    }

    @Test(arguments: [("12", "2M"), ("16", "20M"), ("32", "40M")])
    func filesOfEachKind(_ bits: String, _ size: String) async throws {
        let stand = try StandIn()
        defer { stand.remove() }
        let image = stand.path("fat.img")
        try await Tool("truncate", from: "coreutils").run(["--size", size, image.string])
        try await Tool("mkfs.fat", from: "dosfstools").run(["-F", bits, "-s", "1", "-n", "LABEL", image.string])
        let content = Data((0..<300_000).map { UInt8(truncatingIfNeeded: $0 &* 7) })
        try stand.file("tree/EFI/OC/A long name with ümlauts.plist", content)
        try stand.file("tree/EFI/OC/EMPTY.TXT", Data())
        try stand.file("tree/EFI/short.txt", Data("short".utf8))
        // Fragments: a file in the middle is removed, and the next one fills its place.
        try stand.file("hole", Data(count: 5000))
        let mtools = ["MTOOLS_SKIP_CHECK": "1", "LC_ALL": "C.UTF-8"]
        try await Tool("mcopy", from: "mtools").run(["-i", image.string, stand.path("hole").string, "::hole"], environment: mtools)
        try await Tool("mcopy", from: "mtools").run(
            ["-i", image.string, stand.path("tree/EFI/short.txt").string, "::keep"], environment: mtools)
        try await Tool("mdel", from: "mtools").run(["-i", image.string, "::hole"], environment: mtools)
        try await Tool("mcopy", from: "mtools").run(["-s", "-i", image.string, stand.path("tree/EFI").string, "::"], environment: mtools)
        let volume = try #require(try reader(image))
        let long = try #require(volume.find("efi/oc/a LONG name with ümlauts.plist"))
        #expect(volume.contents(long, limit: 1 << 20).map { Data($0) } == content)
        #expect(volume.contents(long, limit: 299_999) == nil)
        #expect(volume.find("EFI/OC/EMPTY.TXT").flatMap { volume.contents($0, limit: 10) } == [])
        #expect(volume.find("EFI/short.txt").flatMap { volume.contents($0, limit: 10) } == Array("short".utf8))
        #expect(volume.find("EFI/OC")?.isDirectory == true)
        for absent in ["hole", "LABEL", "EFI/OC/none", "EFI/short.txt/x"] { #expect(volume.find(absent) == nil) }
    }

    /// Every cluster of the FAT leads to itself, and each directory contains itself.
    @Test func loopsEnd() async throws {
        let stand = try StandIn()
        defer { stand.remove() }
        try stand.release("tree")
        try stand.file("tree/X64/EFI/OC/config.plist", Data(OpenCoreConfiguration(for: Samples.profile()).plist.xml.utf8))
        let image = try await stand.volume(stand.path("tree/X64"))
        let script = """
            import struct, sys
            path, kind = sys.argv[1:]
            disk = bytearray(open(path, "rb").read())
            reserved, fats, = struct.unpack_from("<HB", disk, 14)
            perfat, root = struct.unpack_from("<I", disk, 36)[0], struct.unpack_from("<I", disk, 44)[0]
            data = (reserved + fats * perfat) * 512
            if kind == "chains":
                for cluster in range(2, 20000): struct.pack_into("<I", disk, reserved * 512 + cluster * 4, cluster)
            else:
                # The first cluster of EFI becomes that of EFI/OC, and of what is in it.
                where = lambda cluster: data + (cluster - 2) * 512
                def entries(cluster):
                    for offset in range(where(cluster), where(cluster) + 512, 32):
                        if disk[offset] not in (0, 0xe5) and disk[offset + 11] == 0x10 and disk[offset] != 0x2e: yield offset
                first = next(entries(root))
                efi = struct.unpack_from("<H", disk, first + 26)[0]
                for entry in entries(efi): struct.pack_into("<H", disk, entry + 26, efi)
            open(path, "wb").write(disk)
            """
        for kind in ["directories", "chains"] {
            try await Tool("python3", from: "python3").run(["-c", script, image.string, kind])
            let error = await #expect(throws: OperationError.self) { try await ImageInspector.inspect(image) }
            #expect(error?.exit == .dataError, "\(String(describing: error))")
        }
    }

    /// Whatever is on the volume: an answer, and no trap.
    @Test func fuzz() async throws {
        let stand = try StandIn()
        defer { stand.remove() }
        try stand.file("tree/EFI/OC/OpenCore.efi", Data(count: 3000))
        let image = try await stand.volume(stand.path("tree"))
        let whole = Array(try Data(contentsOf: URL(filePath: image.string)).prefix(1 << 20))
        var generator = SystemRandomNumberGenerator()
        for _ in 0..<2000 {
            var bytes = whole
            for _ in 0..<Int.random(in: 1...40, using: &generator) {
                // The boot sector more often than the rest.
                let limit = Bool.random(using: &generator) ? 96 : bytes.count
                bytes[Int.random(in: 0..<limit, using: &generator)] = UInt8.random(in: 0...255, using: &generator)
            }
            let copy = bytes
            let source = BlockSource(size: copy.count, blockSize: 512) { (offset, count) throws(Errno) in
                Array(copy[offset..<min(offset + count, copy.count)])
            }
            let volume = FATReader(source, at: 0)
            _ = volume?.find("EFI/OC/OpenCore.efi").flatMap { volume?.contents($0, limit: 1 << 20) }
        }
    }

    @Test func namesInMessagesArePrintable() async throws {
        let stand = try StandIn()
        defer { stand.remove() }
        try stand.release("tree")
        try stand.file(
            "tree/X64/EFI/OC/config.plist", Data("<plist><dict><key>Kernel</key><string>\u{1B}]0;x\u{7}</string></dict></plist>".utf8))
        let image = try await stand.volume(stand.path("tree/X64"))
        let error = await #expect(throws: OperationError.self) { try await ImageInspector.inspect(image) }
        #expect(error.map { !$0.description.unicodeScalars.contains { $0.value < 0x20 && $0 != "\n" } } == true)
    }
}
