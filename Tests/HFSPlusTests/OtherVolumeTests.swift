import DiskFormats
import Foundation
import MediaSamples
import SystemPackage
import Testing

@testable import HFSPlus

/// Volumes that another program wrote.
struct OtherVolumeTests {
    @Test("The HFS+ volume of an xorriso image, which is in an Apple partition map")
    func xorriso() throws {
        try Samples.withDirectory { directory in
            let root = directory.appending(path: "tree/dir/deeper")
            try FileManager.default.createDirectory(at: root, withIntermediateDirectories: true)
            let content = Compressors.sample(1_000_000)
            try Data(content).write(to: root.appending(path: "file.bin"))
            for index in 0..<400 { try Data("\(index)".utf8).write(to: directory.appending(path: "tree/dir/number \(index)")) }
            try Samples.run("xorriso", ["-as", "mkisofs", "-quiet", "-hfsplus", "-V", "OTHER", "-o", "a.iso", "tree"], in: directory)
            let disk = try FileSource(opening: FilePath(directory.appending(path: "a.iso").path))
            // The map's entries say where the volume is, in blocks of 512 or 2048 bytes; the header says whether that is right.
            let volume = try #require(
                stride(from: 0, to: min(disk.size, 1 << 24), by: 512).lazy.compactMap { try? disk.range($0, disk.size - $0) }
                    .first { HFSPlusVolume.recognizes($0) }.map { try HFSPlusVolume($0) })
            #expect(volume.name == "OTHER")
            let file = try volume.content("dir/deeper/file.bin")
            #expect(try file.bytes(at: 0, count: file.size) == content)
            var names = 0
            try volume.forEach { (path, _) throws(FormatError) in if path.hasPrefix("dir/number ") { names += 1 } }
            #expect(names == 400)
            for index in [0, 57, 399] {
                #expect(try volume.content("dir/number \(index)").bytes(at: 0, count: "\(index)".utf8.count) == Array("\(index)".utf8))
            }
        }
    }
}
