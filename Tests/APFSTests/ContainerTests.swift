import DiskFormats
import Foundation
import MediaSamples
import SystemPackage
import Testing

@testable import APFS

/// A container that 7zz and fsapfsinfo read as well.
struct ContainerTests {
    @Test("7zz, which checks a sealed volume's hashes, and this reader have the same files")
    func files() throws {
        try Samples.withDirectory { directory in
            let image = try APFSSample.make(in: directory)
            try Samples.run("7zz", ["x", "-tapfs", "-y", "-oother", image.path], in: directory)
            let container = try APFSContainer(try FileSource(opening: FilePath(image.path)))
            #expect(container.size == APFSSample.size)
            #expect(container.volumes.map(\.name) == ["Macintosh HD", "Macintosh HD - Data", "Preboot"])
            #expect(container.volumes.map(\.role) == [.system, .data, .preboot])
            #expect(container.volumes.map(\.isSealed) == [true, false, false])
            #expect(container.volumes.map(\.files) == [82, 82, 1])
            #expect(container.volumes.allSatisfy { !$0.isEncrypted && !$0.isCaseSensitive })
            let group = "11111111-2222-3333-4444-555555555555"
            #expect(container.volumes.map(\.group) == [group, group, nil])
            var count = 0
            for (index, volume) in container.volumes.enumerated() {
                let (ours, theirs) = ("\(image.path).tree/\(volume.name)", directory.appending(path: "other/Volume\(index + 1)").path)
                try volume.forEach { (path, entry) throws(FormatError) in
                    guard entry.kind == .file else {
                        #expect(entry.kind == .directory && entry.mode == 0o40755)
                        return
                    }
                    let content = try volume.content(of: entry)
                    let bytes = try content.bytes(at: 0, count: content.size)
                    for root in [ours, theirs] {
                        let isSame = bytes == FileManager.default.contents(atPath: "\(root)/\(path)").map { [UInt8]($0) }
                        #expect(isSame, "\(root)/\(path)")
                    }
                    count += 1
                }
            }
            #expect(count == 165)
        }
    }

    @Test("fsapfsinfo has the same volumes, and the same files on those that are not sealed")
    func identifiers() throws {
        try Samples.withDirectory { directory in
            let image = try APFSSample.make(in: directory)
            let text = String(decoding: try Samples.run("fsapfsinfo", [image.path]), as: UTF8.self)
            let container = try APFSContainer(try FileSource(opening: FilePath(image.path)))
            for identifier in [container.identifier] + container.volumes.map(\.identifier) {
                #expect(text.contains(identifier.lowercased()), "\(identifier)")
            }
            let tree = String(decoding: try Samples.run("fsapfsinfo", ["-H", "-f", "2", image.path]), as: UTF8.self)
            var count = 0
            try container.volumes[1].forEach { (path, _) throws(FormatError) in
                #expect(tree.contains("/\(path)\n"), "\(path)")
                count += 1
            }
            #expect(count == 85)
        }
    }

    @Test("Names are found whatever their case, and what is not there is not found")
    func names() throws {
        let volume = try APFSContainer(APFSSample().source()).volumes[0]
        #expect(try volume.entry("system/LIBRARY/CoreServices/systemversion.plist")?.name == "SystemVersion.plist")
        #expect(try volume.entry("") == volume.root())
        #expect(try volume.entry("many/file 80") == nil)
        #expect(try volume.entry("big/a") == nil)
        #expect(throws: FormatError.notFound("there is no file many/none")) { try volume.content("many/none") }
        #expect(throws: FormatError.unsupported("it is no file")) { try volume.content("many") }
        let big = try volume.content("big")
        #expect(try big.bytes(at: 4090, count: 20) == (0..<20).map { UInt8((4090 + $0) % 256) })
        #expect(throws: FormatError.self) { try big.bytes(at: big.size - 1, count: 2) }
    }

    @Test("An encrypted volume is listed and not read")
    func encrypted() throws {
        let sample = try APFSSample()
        // Of the Preboot volume: apfs_fs_flags without APFS_FS_UNENCRYPTED.
        let (number, block) = try #require(sample.blocks.first { $0.value.dropFirst(704).starts(with: "Preboot".utf8) })
        var changed = block
        changed[264] &= 0xfe
        let container = try APFSContainer(sample.source(replacing: number, with: APFSSample.sealed(changed)))
        #expect(container.volumes[2].isEncrypted && container.volumes.count == 3)
        #expect(throws: FormatError.unsupported("the APFS volume \"Preboot\" is encrypted")) { try container.volumes[2].content("a/b/c") }
    }

    @Test("A changed block of metadata is refused by its checksum")
    func checksums() throws {
        let sample = try APFSSample()
        for (number, block) in sample.blocks {
            #expect(!ObjectHeader.hasValidChecksum(block) || APFSSample.sealed(block) == block, "\(number)")
        }
        let (number, block) = try #require(sample.blocks.first { $0.value.dropFirst(704).starts(with: "Preboot".utf8) })
        var changed = block
        changed[704] ^= 1
        #expect(throws: FormatError.damaged("the checksum of the APFS block \(number) is wrong")) {
            try APFSContainer(sample.source(replacing: number, with: changed))
        }
    }

    /// Older superblocks remain in the checkpoint area, and a newer one may be half written.
    @Test("The newest superblock that is whole counts")
    func checkpoints() throws {
        let sample = try APFSSample()
        var newer = try #require(sample.blocks[2])
        // The transaction, and no volumes.
        newer[16] += 1
        for index in 184..<208 { newer[index] = 0 }
        let base = Int(newer[112])
        #expect(try APFSContainer(sample.source(replacing: base + 2, with: APFSSample.sealed(newer))).volumes.isEmpty)
        #expect(try APFSContainer(sample.source(replacing: base + 2, with: newer)).volumes.count == 3)
    }

    @Test("What is no container")
    func others() {
        #expect(!APFSContainer.recognizes(MemorySource([])))
        #expect(throws: FormatError.damaged("it is no APFS container")) {
            try APFSContainer(MemorySource([UInt8](repeating: 0, count: 8192)))
        }
        var bytes = [UInt8](repeating: 0, count: 4096)
        bytes.replaceSubrange(32..<36, with: Array("NXSB".utf8))
        #expect(APFSContainer.recognizes(MemorySource(bytes)))
        #expect(throws: FormatError.self) { try APFSContainer(MemorySource(bytes)) }
    }
}
