import Crypto
import DiskFormats
import Foundation
import HFSPlus
import MediaSamples
import SystemPackage

/// Writes an HFS+ volume and, on standard output, what is on it: for Tests/Volume, where Linux mounts it.
///
///     volume-sample IMAGE
///
/// A line is the path, kind, mode, owner, group, number of names, size, and the SHA-256 or what a link points to, with tabs between them.
@main
struct VolumeSample {
    static func main() throws {
        guard CommandLine.arguments.count == 2 else { throw Samples.Failure("name the image to write") }
        var (contents, lines) = (VolumeContents(), [String]())
        func add(_ path: String, _ mode: Int, _ content: [UInt8], names: Int = 1) throws {
            let attributes = VolumeContents.Attributes(
                mode: mode, owner: 501, group: 20, modified: 1_600_000_000)
            try contents.addFile(path, attributes, content: MemorySource(content))
            lines.append(line(path, mode, content, names: names))
        }
        func line(_ path: String, _ mode: Int, _ content: [UInt8], names: Int) -> String {
            let digest = SHA256.hash(data: content).map { String(format: "%02x", $0) }.joined()
            return [
                path, "file", String(mode, radix: 8), "501", "20", "\(names)", "\(content.count)", digest,
            ].joined(separator: "\t")
        }
        for path in [
            "Install macOS.app", "Install macOS.app/Contents", "Install macOS.app/Contents/SharedSupport",
            "many",
        ] {
            try contents.addDirectory(path, .init(mode: 0o755, owner: 0, group: 80))
            lines.append([path, "directory", "755", "0", "80", "", "", ""].joined(separator: "\t"))
        }
        try add("Install macOS.app/Contents/Info.plist", 0o644, Array("<plist/>".utf8))
        try add("Install macOS.app/Contents/program", 0o4755, Compressors.sample(3_000_001))
        try add("empty", 0o600, [])
        try add("Größe ÀÉ 한글 ещё", 0o444, Array("names".utf8))
        let shared = Compressors.sample(10000)
        try add("shared", 0o640, shared, names: 3)
        for name in ["many/shared too", "a third name"] {
            try contents.addHardLink(name, to: "shared")
            lines.append(line(name, 0o640, shared, names: 3))
        }
        try contents.addLink("link", to: "Install macOS.app/Contents/Info.plist")
        lines.append(
            ["link", "link", "755", "0", "0", "", "", "Install macOS.app/Contents/Info.plist"].joined(
                separator: "\t"))
        for index in 0..<1500 {
            try add("many/file \(index * 7919 % 1500)", 0o644, Array("\(index)".utf8))
        }
        let large = (4 << 30) + 5
        try contents.addFile("large", .init(mode: 0o644, owner: 501, group: 20), size: large)

        let layout = try VolumeLayout(contents, name: "Sample", identifier: 1, created: 1_700_000_000)
        let path = FilePath(CommandLine.arguments[1])
        let sink = try FileSink(opening: path, size: layout.size, options: [.create, .truncate])
        try layout.write(to: sink)
        guard let place = layout.place(of: "large") else {
            throw Samples.Failure("the large file has no place")
        }
        try sink.write(Array("tail!".utf8), at: place.upperBound - 5)
        // Its last bytes stand for the whole.
        lines.append(
            ["large", "large", "644", "501", "20", "1", "\(large)", "tail!"].joined(separator: "\t"))
        let problems = try VolumeChecker.problems(of: FileSource(opening: path))
        guard problems.isEmpty else { throw Samples.Failure(problems.joined(separator: "\n")) }
        print(lines.joined(separator: "\n"))
    }
}
