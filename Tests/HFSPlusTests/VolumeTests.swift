import DiskFormats
import Foundation
import MediaSamples
import SystemPackage
import Testing

@testable import HFSPlus

/// Volumes that were written here, read by this reader and by 7zz and libfshfs, and checked by fsck_hfs's rules.
struct VolumeTests {
    private struct File {
        var path: String
        var content: [UInt8]
    }

    private static let files = [
        File(path: "Install macOS.app/Contents/Info.plist", content: Array("<plist/>".utf8)),
        File(path: "Install macOS.app/Contents/MacOS/startosinstall", content: Compressors.sample(300_001)),
        File(path: "empty", content: []), File(path: "block", content: [UInt8](repeating: 7, count: 4096)),
        File(path: "Ünïcödé ÄÖ 한글.txt", content: Array("names".utf8)), File(path: "a:b", content: [1]),
    ]

    private func contents(isCaseSensitive: Bool = false, more: Int = 0) throws -> VolumeContents {
        var contents = VolumeContents(isCaseSensitive: isCaseSensitive)
        for path in ["Install macOS.app", "Install macOS.app/Contents", "Install macOS.app/Contents/MacOS", "many"] {
            try contents.addDirectory(path)
        }
        for file in Self.files {
            try contents.addFile(
                file.path, .init(mode: 0o640, owner: 501, group: 20, modified: 1_600_000_000), content: MemorySource(file.content))
        }
        try contents.addLink("link", to: "Install macOS.app/Contents/Info.plist")
        try contents.addHardLink("many/second name", to: "block")
        try contents.addHardLink("third name", to: "many/second name")
        for index in 0..<more { try contents.addFile("many/file \(index * 7919 % more)", content: MemorySource(Array("\(index)".utf8))) }
        return contents
    }

    private func write(_ layout: VolumeLayout, to url: URL) throws -> FileSource {
        let path = FilePath(url.path)
        try layout.write(to: FileSink(opening: path, size: layout.size, options: [.create, .exclusiveCreate]))
        return try FileSource(opening: path)
    }

    @Test("What was written is there, and no rule is broken", arguments: [false, true], [512, 4096, 8192])
    func written(isCaseSensitive: Bool, nodeSize: Int) throws {
        // With nodes of 512 bytes the catalog is three levels high and needs map nodes.
        let more = nodeSize == 512 ? 3000 : 100
        let contents = try contents(isCaseSensitive: isCaseSensitive, more: more)
        let layout = try VolumeLayout(
            contents, name: "Test Völume", identifier: 0x0123_4567_89ab_cdef, created: 1_700_000_000, catalogNodeSize: nodeSize)
        try Samples.withDirectory { directory in
            let source = try write(layout, to: directory.appending(path: "a.img"))
            #expect(try VolumeChecker.problems(of: source) == [])
            let volume = try HFSPlusVolume(source)
            if nodeSize == 512 {
                #expect(volume.catalog.header.depth >= 3)
                #expect(try volume.catalog.node(0).next != 0)
            }
            #expect(volume.name == "Test Völume")
            #expect(volume.identifier == 0x0123_4567_89ab_cdef)
            #expect(volume.isCaseSensitive == isCaseSensitive)
            for file in Self.files {
                let entry = try #require(try volume.entry(file.path))
                let content = try volume.content(of: entry)
                #expect(try content.bytes(at: 0, count: content.size) == file.content)
                guard entry.kind == .file else { continue }
                #expect(entry.mode == 0o100640 && entry.owner == 501 && entry.group == 20 && entry.modified == 1_600_000_000)
            }
            #expect((try volume.entry("EMPTY") == nil) == isCaseSensitive)
            let link = try #require(try volume.entry("link"))
            #expect(link.kind == .link && link.mode == 0o120755)
            #expect(try volume.target(of: link) == "Install macOS.app/Contents/Info.plist")
            let names = try ["block", "many/second name", "third name"].map { try #require(try volume.entry($0)) }
            #expect(names.allSatisfy { $0.kind == .hardLink })
            #expect(Set(try names.map { try volume.resolved($0).catalogID }).count == 1)
            #expect(try volume.resolved(names[0]).special == 3)
            #expect(try volume.content("third name").bytes(at: 0, count: 4096) == [UInt8](repeating: 7, count: 4096))
            var count = 0
            try volume.forEach { (_, _) throws(FormatError) in count += 1 }
            // Four directories, the names, and the directory of files with several names with one file.
            #expect(count == 4 + Self.files.count + 3 + more + 2)
            #expect(try volume.entry("many/file \(more)") == nil)
            #expect(try volume.content("many/file 5").size > 0)
        }
    }

    @Test("7zz reads the same names and bytes, and libfshfs the volume")
    func oracles() throws {
        let layout = try VolumeLayout(try contents(more: 500), name: "Oracle", identifier: 1, created: 1_700_000_000)
        try Samples.withDirectory { directory in
            _ = try write(layout, to: directory.appending(path: "a.img"))
            try Samples.run("7zz", ["x", "-y", "-tHFS", "a.img", "-oout"], in: directory)
            let root = directory.appending(path: "out/Oracle")
            let found = try #require(FileManager.default.enumerator(atPath: root.path)?.allObjects as? [String])
            for file in Self.files where file.path != "block" {
                // 7zz composes the names and writes a colon as something else.
                let name = file.path == "a:b" ? found.first { $0.hasPrefix("a") && $0.hasSuffix("b") && $0.count == 3 } : file.path
                let path = try #require(
                    found.first { $0.precomposedStringWithCanonicalMapping == name?.precomposedStringWithCanonicalMapping }, "\(found)")
                #expect(try [UInt8](Data(contentsOf: root.appending(path: path))) == file.content)
            }
            #expect(found.filter { $0.hasPrefix("many/file") }.count == 500)
            let info = String(decoding: try Samples.run("fshfsinfo", ["a.img"], in: directory), as: UTF8.self)
            #expect(info.contains("Oracle"), "\(info)")
            let tree = String(decoding: try Samples.run("fshfsinfo", ["-H", "a.img"], in: directory), as: UTF8.self)
            #expect(tree.contains("/Install macOS.app/Contents/MacOS/startosinstall"), "\(tree.prefix(2000))")
            #expect(tree.contains("/many/file 499"))
        }
    }

    @Test("A file of more than 4 GiB, sparse, in one extent")
    func largeFile() throws {
        let size = (5 << 30) + 3
        var contents = VolumeContents()
        try contents.addFile("large", size: size)
        try contents.addFile("after", content: MemorySource([1, 2, 3]))
        let layout = try VolumeLayout(contents, name: "Large", identifier: 2, created: 0, spare: 0)
        let place = try #require(layout.place(of: "large"))
        #expect(place.count == size)
        try Samples.withDirectory { directory in
            let path = FilePath(directory.appending(path: "a.img").path)
            let sink = try FileSink(opening: path, size: layout.size, options: [.create])
            try layout.write(to: sink)
            try sink.write(Array("end".utf8), at: place.upperBound - 3)
            let source = try FileSource(opening: path)
            #expect(try VolumeChecker.problems(of: source) == [])
            let volume = try HFSPlusVolume(source)
            let content = try volume.content("large")
            #expect(content.size == size)
            #expect(try content.bytes(at: size - 4, count: 4) == [0] + Array("end".utf8))
            #expect(try volume.content("after").bytes(at: 0, count: 3) == [1, 2, 3])
            #expect(content.extent(at: size - 3, count: 3)?.count == 3)
            let used = try FileManager.default.attributesOfItem(atPath: path.string)[.size] as? Int
            #expect(used == layout.size)
            let blocks = try #require(try Samples.run("du", ["-k", path.string]).split(separator: 9).first)
            #expect(try #require(Int(String(decoding: blocks, as: UTF8.self))) < 4096)
            let list = String(decoding: try Samples.run("7zz", ["l", "-ba", "-tHFS", path.string]), as: UTF8.self)
            #expect(list.contains("\(size)"), "\(list)")
        }
    }

    @Test("What HFS+ cannot have is refused")
    func refusals() throws {
        var contents = VolumeContents()
        try contents.addFile("Name", content: MemorySource([]))
        #expect(throws: FormatError.unsupported("nAME is there already, perhaps in another case")) {
            try contents.addFile("nAME", content: MemorySource([]))
        }
        #expect(throws: FormatError.notFound("there is no directory for a/b")) { try contents.addFile("a/b", content: MemorySource([])) }
        #expect(throws: FormatError.self) { try contents.addFile("..", content: MemorySource([])) }
        #expect(throws: FormatError.self) { try contents.addFile(String(repeating: "x", count: 256), content: MemorySource([])) }
        #expect(throws: FormatError.self) { try contents.addLink("l", to: "") }
        #expect(throws: FormatError.notFound("there is no file nothing")) { try contents.addHardLink("h", to: "nothing") }
        try contents.addFile("huge", size: 1 << 45)
        #expect(throws: FormatError.unsupported("the volume would be larger than 16 TiB")) {
            try VolumeLayout(contents, name: "x", identifier: 0, created: 0)
        }
    }

    @Test("The checker finds each rule that is broken")
    func checker() throws {
        let layout = try VolumeLayout(try contents(more: 300), name: "Check", identifier: 3, created: 1_700_000_000)
        try Samples.withDirectory { directory in
            let source = try write(layout, to: directory.appending(path: "a.img"))
            let good = try source.bytes(at: 0, count: source.size)
            let volume = try HFSPlusVolume(source)
            let catalog = Int(volume.header.catalog.extents[0].start) * 4096
            let bitmap = Int(volume.header.allocation.extents[0].start) * 4096
            let leaf = catalog + Int(volume.catalog.header.firstLeaf) * 8192
            let changes: [(name: String, at: Int, mask: UInt8, expected: String)] = [
                ("a bit of the bitmap", bitmap, 0x10, "the bitmap differs"), ("free blocks", 1024 + 51, 1, "blocks are free"),
                ("files", 1024 + 35, 1, "files, not"), ("directories", 1024 + 39, 1, "directories, not"),
                ("the copy of the header", good.count - 1024, 0xff, "copy of the header"),
                ("unmounted", 1024 + 6, 1, "unmounted"), ("next catalog ID", 1024 + 66, 1, "not in use"),
                // Fuzzing found a trap here.
                ("a depth of zero", catalog + 15, UInt8(truncatingIfNeeded: volume.catalog.header.depth), "with the root"),
                ("leaf records", catalog + 23, 1, "records in leaves"), ("first leaf", catalog + 27, 2, "first leaf"),
                ("free nodes", catalog + 43, 1, "nodes are free"), ("the map", catalog + 248, 0x40, "the map says"),
                ("a link to the next leaf", leaf + 3, 1, "next node"), ("the height of a leaf", leaf + 9, 2, "not linked"),
                // The first record is that of the top: its parent is 1, its name the volume's.
                ("the valence of the top", leaf + 14 + 2 + 6 + 10 + 7, 1, "entries, not"),
                ("a catalog ID", leaf + 14 + 2 + 6 + 10 + 11, 64, "catalog"),
            ]
            for change in changes {
                var bytes = good
                bytes[change.at] ^= change.mask
                var problems: [String] = []
                do throws(FormatError) { problems = try VolumeChecker.problems(of: MemorySource(bytes)) } catch { problems = [error.cause] }
                #expect(problems.contains { $0.contains(change.expected) }, "\(change.name): \(problems)")
            }
        }
    }
}
