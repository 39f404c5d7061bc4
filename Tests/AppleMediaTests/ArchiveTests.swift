import DiskFormats
import Foundation
import MediaCodecs
import MediaSamples
import SystemPackage
import Testing

@testable import AppleMedia

/// Archives that other programs made, and damaged ones.
struct ArchiveTests {
    /// Files that every archive here holds.
    private static let files: [(name: String, content: [UInt8])] = [
        ("a.txt", Array("hello\n".utf8)), ("dir/b & <c>.bin", Compressors.sample(200_000)), ("dir/empty", []),
        ("dir/deep/ä.dat", Compressors.sample(70000, seed: 5)),
    ]

    private func tree(_ directory: URL) throws -> URL {
        let root = directory.appending(path: "tree")
        for file in Self.files {
            let url = root.appending(path: file.name)
            try FileManager.default.createDirectory(at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
            try Data(file.content).write(to: url)
        }
        return root
    }

    // MARK: xar

    @Test(
        "xar of bsdtar, with each compression and checksum", arguments: ["none", "gzip", "bzip2", "xz"], ["sha1", "md5", "sha256", "none"])
    func xar(compression: String, checksum: String) throws {
        try Samples.withDirectory { directory in
            let root = try tree(directory)
            let options = "xar:compression=\(compression),xar:checksum=\(checksum),xar:toc-checksum=\(checksum)"
            do {
                try Samples.run("bsdtar", ["-c", "-f", "../a.xar", "--format=xar", "--options", options, "a.txt", "dir"], in: root)
            } catch {
                // libarchive does not write every checksum.
                guard checksum == "sha256" else { throw error }
                return
            }
            let archive = try XarArchive(FileSource(opening: .init(directory.appending(path: "a.xar").path)))
            #expect((archive.tableChecksum == nil) == (checksum == "none"))
            for file in Self.files {
                let entry = try #require(archive.entry(file.name))
                #expect(entry.kind == .file && entry.size == file.content.count)
                #expect(try archive.stream(entry).remainder(limit: 1 << 20) == file.content)
                try archive.verify(entry)
                if entry.encoding == .none { #expect(try archive.range(entry).bytes(at: 0, count: entry.size) == file.content) }
            }
            #expect(archive.entry("dir")?.kind == .directory)
            #expect(archive.entries.count == 6)
        }
    }

    @Test("The writer of these tests makes what bsdtar and 7zz read")
    func sampleXar() throws {
        try Samples.withDirectory { directory in
            let bytes = try XarWriter([.init("Payload", Self.files[1].content, isCompressed: true), .init("Tail", Self.files[3].content)])
                .archive()
            try Data(bytes).write(to: directory.appending(path: "a.xar"))
            #expect(try Samples.run("bsdtar", ["-xOf", "a.xar", "Payload"], in: directory) == Self.files[1].content)
            #expect(try Samples.run("7zz", ["e", "-so", "a.xar", "Tail"], in: directory) == Self.files[3].content)
            let archive = try XarArchive(MemorySource(bytes))
            for entry in archive.entries { try archive.verify(entry) }
        }
    }

    @Test("The signature, its certificates and what it signs")
    func signature() throws {
        var writer = XarWriter([.init("a", [1, 2, 3])])
        writer.certificates = [[0x30, 1, 2], Compressors.sample(300)]
        writer.signatureSize = 40
        writer.sign = { $0 + $0.reversed() }
        let archive = try XarArchive(MemorySource(writer.archive()))
        let signature = try #require(archive.signature)
        let checksum = try #require(archive.tableChecksum)
        #expect(signature.style == "RSA")
        #expect(signature.certificates == writer.certificates)
        #expect(signature.signedChecksum == checksum)
        #expect(signature.bytes == checksum.bytes + checksum.bytes.reversed())
        #expect(try archive.stream(archive.entries[0]).remainder(limit: 10) == [1, 2, 3])
    }

    @Test("xar with a byte changed in its table, its heap or its stated checksum")
    func damagedXar() throws {
        let good = try XarWriter([.init("a", Self.files[1].content), .init("b", Self.files[3].content, isCompressed: true)]).archive()
        let length = Int(try #require(good.bigEndian(UInt64.self, at: 8)))
        var bytes = good
        bytes[28 + length + 3] ^= 1
        #expect(throws: FormatError.damaged("the checksum of its table of contents differs")) { try XarArchive(MemorySource(bytes)) }
        bytes = good
        bytes[28 + length + 20 + 5000] ^= 1
        let archive = try XarArchive(MemorySource(bytes))
        #expect(throws: FormatError.damaged("the checksum of the stored bytes of a differs")) { try archive.verify(archive.entries[0]) }
        try archive.verify(archive.entries[1])
        var writer = XarWriter([.init("a", Self.files[1].content, isCompressed: true)])
        writer.falseChecksum = String(repeating: "ab", count: 20)
        let other = try XarArchive(MemorySource(writer.archive()))
        #expect(throws: FormatError.damaged("the checksum of a differs")) { try other.verify(other.entries[0]) }
        var claim = good
        claim.set(UInt64(1) << 60, at: 16)
        #expect(throws: FormatError.self) { try XarArchive(MemorySource(claim)) }
        #expect(throws: FormatError.self) { try XarArchive(MemorySource(Array(good.prefix(100)))) }
    }

    // MARK: ZIP

    @Test("ZIP of Info-ZIP and of Python, stored, deflated and with zip64", arguments: ["stored", "deflated", "zip64", "streamed"])
    func zip(_ kind: String) throws {
        try Samples.withDirectory { directory in
            let root = try tree(directory)
            switch kind {
            case "stored": try Samples.run("zip", ["-q", "-0", "-r", "../a.zip", "."], in: root)
            case "deflated": try Samples.run("zip", ["-q", "-r", "../a.zip", "."], in: root)
            case "streamed":
                let bytes = try Samples.run("zip", ["-q", "-r", "-", "."], in: root)
                try Data(bytes).write(to: directory.appending(path: "a.zip"))
            default:
                let script = """
                    import os, zipfile
                    with zipfile.ZipFile("../a.zip", "w") as archive:
                        for top, _, names in os.walk("."):
                            for name in names:
                                path = os.path.relpath(os.path.join(top, name), ".")
                                with archive.open(zipfile.ZipInfo(path), "w", force_zip64=True) as file:
                                    file.write(open(path, "rb").read())
                        archive.comment = b"a comment"
                    """
                try Samples.run("python3", ["-c", script], in: root)
            }
            let archive = try ZipArchive(FileSource(opening: .init(directory.appending(path: "a.zip").path)))
            for file in Self.files {
                let entry = try #require(archive.entry(file.name), "\(archive.entries.map(\.path))")
                #expect(try archive.stream(entry).remainder(limit: 1 << 20) == file.content)
                try archive.verify(entry)
                if entry.isStored { #expect(try archive.range(entry).bytes(at: 0, count: entry.size) == file.content) }
            }
        }
    }

    @Test("A ZIP archive of more than 4 GiB, sparse, whose numbers are in zip64 fields only")
    func largeZip() throws {
        try Samples.withDirectory { directory in
            // Python writes the hole itself; the archive is as long as its content.
            let script = """
                import zipfile, zlib, struct
                size = (4 << 30) + 12345
                crc, step, zeros = 0, 1 << 24, bytes(1 << 24)
                for start in range(0, size, step): crc = zlib.crc32(zeros[:min(step, size - start)], crc)
                name = b"Restore/BaseSystem.dmg"
                extra = struct.pack("<HHQQ", 1, 16, size, size)
                with open("a.zip", "wb") as file:
                    file.write(struct.pack("<4s5H3I2H", b"PK\\3\\4", 45, 0, 0, 0, 0, crc, 0xffffffff, 0xffffffff, len(name), len(extra)) + name + extra)
                    file.seek(size, 1)
                    first = file.tell()
                    name2 = b"last"
                    file.write(struct.pack("<4s5H3I2H", b"PK\\3\\4", 20, 0, 0, 0, 0, zlib.crc32(b"tail"), 4, 4, len(name2), 0) + name2 + b"tail")
                    start = file.tell()
                    file.write(struct.pack("<4s6H3I5H2I", b"PK\\1\\2", 45, 45, 0, 0, 0, 0, crc, 0xffffffff, 0xffffffff, len(name), len(extra), 0, 0, 0, 0, 0) + name + extra)
                    more = struct.pack("<HHQ", 1, 8, first)
                    file.write(struct.pack("<4s6H3I5H2I", b"PK\\1\\2", 45, 20, 0, 0, 0, 0, zlib.crc32(b"tail"), 4, 4, len(name2), len(more), 0, 0, 0, 0, 0xffffffff) + name2 + more)
                    end = file.tell()
                    file.write(struct.pack("<4sQ2H2I4Q", b"PK\\6\\6", 44, 45, 45, 0, 0, 2, 2, end - start, start))
                    file.write(struct.pack("<4sIQI", b"PK\\6\\7", 0, end, 1))
                    file.write(struct.pack("<4s4H2IH", b"PK\\5\\6", 0, 0, 0xffff, 0xffff, 0xffffffff, 0xffffffff, 0))
                """
            try Samples.run("python3", ["-c", script], in: directory)
            let list = String(decoding: try Samples.run("7zz", ["l", "-ba", "a.zip"], in: directory), as: UTF8.self)
            #expect(list.contains("4294979641"), "\(list)")
            let archive = try ZipArchive(FileSource(opening: .init(directory.appending(path: "a.zip").path)))
            let large = try #require(archive.entry("Restore/BaseSystem.dmg"))
            #expect(large.size == 4 << 30 + 12345 || large.size == (4 << 30) + 12345)
            #expect(try archive.range(large).bytes(at: large.size - 5, count: 5) == [0, 0, 0, 0, 0])
            #expect(try archive.stream(try #require(archive.entry("last"))).remainder(limit: 10) == Array("tail".utf8))
        }
    }

    @Test("ZIP with changed bytes")
    func damagedZip() throws {
        try Samples.withDirectory { directory in
            let root = try tree(directory)
            try Samples.run("zip", ["-q", "-0", "-r", "../a.zip", "a.txt"], in: root)
            let good = [UInt8](try Data(contentsOf: directory.appending(path: "a.zip")))
            var bytes = good
            let at = try #require(bytes.firstRange(of: Array("hello".utf8))?.lowerBound)
            bytes[at] ^= 1
            let archive = try ZipArchive(MemorySource(bytes))
            #expect(throws: FormatError.damaged("the checksum of a.txt differs")) { try archive.verify(archive.entries[0]) }
            #expect(throws: FormatError.self) { try ZipArchive(MemorySource(Array(good.dropLast(30)))) }
        }
    }

    // MARK: cpio and pbzx

    @Test("cpio of GNU cpio and bsdtar, odc and newc", arguments: ["odc", "newc"], ["cpio", "bsdtar"])
    func cpio(format: String, program: String) throws {
        let archive = try Samples.withDirectory { directory in
            let root = try tree(directory)
            try FileManager.default.createSymbolicLink(atPath: root.appending(path: "link").path, withDestinationPath: "dir/empty")
            try FileManager.default.linkItem(at: root.appending(path: "a.txt"), to: root.appending(path: "dir/hard"))
            try FileManager.default.setAttributes([.posixPermissions: 0o751], ofItemAtPath: root.appending(path: "a.txt").path)
            let script =
                program == "cpio"
                ? "find . | LC_ALL=C sort | cpio --quiet -o -H \(format)" : "bsdtar -c -f - --format=\(format) ."
            return try Samples.run("sh", ["-c", script], in: root)
        }
        let found = try members(archive)
        for file in Self.files.dropFirst() {
            let member = try #require(found.first { $0.entry.path.hasSuffix(file.name) })
            #expect(member.entry.isRegular && member.content == file.content)
        }
        let link = try #require(found.first { $0.entry.path.hasSuffix("link") })
        #expect(link.entry.isLink && link.content == Array("dir/empty".utf8))
        let names = found.filter { $0.entry.path.hasSuffix("a.txt") || $0.entry.path.hasSuffix("hard") }
        let inodes = Set(names.map { $0.entry.inode })
        #expect(names.count == 2 && inodes.count == 1)
        #expect(names.allSatisfy { $0.entry.links == 2 && $0.entry.mode & 0o7777 == 0o751 })
        #expect(names.contains { $0.content == Self.files[0].content })
    }

    @Test("pbzx with compressed and stored chunks")
    func pbzx() throws {
        let content = Compressors.sample(5 << 16)
        var stream = Array("pbzx".utf8)
        func append(_ number: Int) { withUnsafeBytes(of: UInt64(number).bigEndian) { stream += $0 } }
        append(1 << 16)
        for (index, start) in stride(from: 0, to: content.count, by: 1 << 16).enumerated() {
            let chunk = Array(content[start..<(start + 1 << 16)])
            let stored = index == 2 ? chunk : try Compressors.xz(chunk)
            append(chunk.count)
            append(stored.count)
            stream += stored
        }
        #expect(try PbzxStream(SourceStream(MemorySource(stream))).remainder(limit: 1 << 20) == content)
        #expect(throws: FormatError.self) {
            try PbzxStream(SourceStream(MemorySource(Array(stream.dropLast(100))))).remainder(limit: 1 << 20)
        }
        // A chunk that makes more than it says.
        var small = stream
        small.set(UInt64(60000), at: 12)
        #expect(throws: FormatError.self) { try PbzxStream(SourceStream(MemorySource(small))).remainder(limit: 1 << 20) }
    }

    private struct Member {
        var entry: CpioReader.Entry
        var content: [UInt8]
    }

    private func members(_ archive: [UInt8]) throws -> [Member] {
        let reader = CpioReader(SourceStream(MemorySource(archive)))
        var members: [Member] = []
        while let entry = try reader.next() {
            // What is not read is skipped by the reader.
            let content = entry.isDirectory ? [] : try reader.content.remainder(limit: 1 << 20)
            members.append(Member(entry: entry, content: content))
        }
        return members
    }
}
