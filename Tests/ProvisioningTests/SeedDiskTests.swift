import DiskFormats
import Foundation
import LinuxSupport
import MediaSamples
import Testing

@testable import Provisioning

/// The disk that is made of a directory, as other programs read it.
@Suite struct SeedDiskTests {
    private static let files: [String: [UInt8]] = [
        "user-data": Array("#cloud-config\nhostname: mac-7\n".utf8), "meta-data": Array("instance-id: i-1\n".utf8), "empty": [],
        "User-Data Again": [1], "user_data": [2],
        "a name of exactly sixty-two characters, the most of Joliet.pkg": Compressors.sample(5000),
        "sector": [UInt8](repeating: 3, count: 2048),
    ]

    private static func withDisk(_ files: [String: [UInt8]], _ body: (URL, URL) throws -> Void) throws {
        try Samples.withDirectory { directory in
            let disk = directory.appending(path: "seed.iso")
            try Data(SeedDisk(files).image()).write(to: disk)
            try body(disk, directory)
        }
    }

    @Test(
        "7zz, bsdtar and xorriso get the files, with the names in full",
        arguments: ["7zz", "bsdtar", "xorriso", "isoinfo -R", "isoinfo -J"])
    func readers(program: String) throws {
        try Self.withDisk(Self.files) { disk, directory in
            let out = directory.appending(path: "out")
            try FileManager.default.createDirectory(at: out, withIntermediateDirectories: true)
            switch program {
            case "7zz": try Samples.run("7zz", ["x", "-bd", "-y", "-o\(out.path)", disk.path])
            case "bsdtar": try Samples.run("bsdtar", ["-xf", disk.path, "-C", out.path])
            case "xorriso": try Samples.run("xorriso", ["-osirrox", "on", "-indev", disk.path, "-extract", "/", out.path])
            default:
                let view = String(program.suffix(2))
                for name in Self.files.keys {
                    let listed = String(decoding: try Samples.run("isoinfo", [view, "-f", "-i", disk.path]), as: UTF8.self)
                    let path = try #require(listed.split(separator: "\n").first { $0.hasPrefix("/\(name)") }, "\(name) in \(listed)")
                    try Data(Samples.run("isoinfo", [view, "-x", String(path), "-i", disk.path])).write(to: out.appending(path: name))
                }
            }
            #expect(try FileManager.default.contentsOfDirectory(atPath: out.path).sorted() == Self.files.keys.sorted())
            for (name, content) in Self.files { #expect(try [UInt8](Data(contentsOf: out.appending(path: name))) == content, "\(name)") }
        }
    }

    @Test("blkid and isoinfo name it cidata, and the sizes agree")
    func label() throws {
        try Self.withDisk(Self.files) { disk, _ in
            #expect(String(decoding: try Samples.run("blkid", ["-o", "value", "-s", "LABEL", disk.path]), as: UTF8.self) == "cidata\n")
            #expect(String(decoding: try Samples.run("blkid", ["-o", "value", "-s", "TYPE", disk.path]), as: UTF8.self) == "iso9660\n")
            let said = String(decoding: try Samples.run("isoinfo", ["-d", "-i", disk.path]), as: UTF8.self)
            let size = try #require(FileManager.default.attributesOfItem(atPath: disk.path)[.size] as? Int)
            #expect(said.contains("Volume id: cidata") && said.contains("Volume size is: \(size / 2048)"), "\(said)")
            #expect(said.contains("Joliet with UCS level 3 found") && said.contains("Rock Ridge signatures version 1 found"))
        }
    }

    @Test("The agent applies it, once; other user-data without meta-data is another instance")
    func agent() throws {
        try StandInMac.with { mac in
            for (name, starts) in [("mac-1", 2), ("mac-2", 1)] {
                let user = "#cloud-config\nhostname: \(name)\n"
                try mac.insert([:]) { _, disk in try Data(SeedDisk(["user-data": Array(user.utf8)]).image()).write(to: disk) }
                for start in 1...starts {
                    #expect(try mac.start().contains("scutil --set HostName \(name)") == (start == 1))
                    #expect(try mac.serial().last?.contains("instance-id=seed-") == true)
                }
            }
        }
    }

    @Test("The same files give the same bytes")
    func reproducible() throws {
        #expect(try SeedDisk(Self.files).image() == SeedDisk(Self.files).image())
    }

    @Test("What cannot be on it is named")
    func refusals() throws {
        for (files, words) in [
            (["meta-data": []], "no file user-data"), (["user-data": [], "a/b": []], "a/b is not a name"),
            (["user-data": [], String(repeating: "a", count: 63): []], "is not a name"),
            (["user-data": [], "\u{e4}": []], "is not a name"),
            (["user-data": [UInt8](repeating: 0, count: 1 << 20 | 1)], "larger than 1 MiB"),
            (Dictionary(uniqueKeysWithValues: (0..<40).map { ("file number \($0)", []) } + [("user-data", [])]), "more files"),
        ] as [([String: [UInt8]], String)] {
            #expect {
                try SeedDisk(files).image()
            } throws: {
                ($0 as? SeedDisk.Problem)?.cause.contains(words) ?? false
            }
        }
    }

    @Test("A directory is read with its links, without what is hidden")
    func directory() throws {
        try Samples.withDirectory { directory in
            try FileManager.default.createDirectory(at: directory.appending(path: "..data"), withIntermediateDirectories: true)
            try Data("#cloud-config\n".utf8).write(to: directory.appending(path: "..data/user-data"))
            try FileManager.default.createSymbolicLink(
                atPath: directory.appending(path: "user-data").path, withDestinationPath: "..data/user-data")
            let disk = try SeedDisk(directory: directory.path)
            #expect(disk.files.keys.sorted() == ["meta-data", "user-data"] && disk.files["user-data"] == Array("#cloud-config\n".utf8))
        }
    }
}
