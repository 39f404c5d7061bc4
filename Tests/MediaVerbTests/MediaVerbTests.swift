import ArgumentParser
import Diagnostics
import DiskFormats
import Foundation
import HFSPlus
import MediaSamples
import SystemPackage
import Testing

@testable import MacOSVirt

/// `macos-virt media` on files of a test.
struct MediaVerbTests {
    private let directory = FileManager.default.temporaryDirectory.appending(path: "media-verb-\(UUID().uuidString)")

    /// A GPT disk with an HFS+ volume in its only partition, made by sgdisk, in a compressed image; and the disk.
    private func image(_ codecs: [UDIFWriter.Codec]) throws -> (image: URL, disk: [UInt8]) {
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        var contents = VolumeContents()
        try contents.addFile("file", content: MemorySource(Compressors.sample(700_000)))
        try contents.addLink("link", to: "file")
        let layout = try VolumeLayout(contents, name: "Volume", identifier: 9, created: 1_700_000_000, spare: 0)
        let raw = directory.appending(path: "disk.raw")
        let sink = try FileSink(opening: FilePath(raw.path), size: layout.size + (2 << 20), options: [.create])
        try layout.write(to: SinkRange(of: sink, from: 1 << 20))
        try Samples.run(
            "sgdisk", ["--clear", "--new=1:2048:\(2048 + layout.size / 512 - 1)", "--typecode=1:af00", "--change-name=1:Volume", raw.path])
        let disk = [UInt8](try Data(contentsOf: raw))
        let image = directory.appending(path: "image.dmg")
        try Data(UDIFWriter(disk, codecs: codecs).image()).write(to: image)
        return (image, disk)
    }

    private func remove() { try? FileManager.default.removeItem(at: directory) }

    private func run(_ arguments: String...) async throws { try await run(arguments) }

    private func run(_ arguments: [String]) async throws {
        var command = try Media.parseAsRoot(arguments)
        if var asynchronous = command as? any AsyncParsableCommand { try await asynchronous.run() } else { try command.run() }
    }

    @Test("convert writes what the image holds, sparse, and sgdisk accepts it")
    func convert() async throws {
        let (image, disk) = try image([.zlib, .bzip2])
        defer { remove() }
        let output = directory.appending(path: "out.img")
        try await run("convert", "--quiet", image.path, output.path)
        #expect(try [UInt8](Data(contentsOf: output)) == disk)
        let verified = String(decoding: try Samples.run("sgdisk", ["--verify", output.path]), as: UTF8.self)
        #expect(verified.contains("No problems found"))
        #expect(try FileManager.default.contentsOfDirectory(atPath: directory.path).sorted() == ["disk.raw", "image.dmg", "out.img"])
    }

    @Test("convert leaves nothing when a checksum differs, and keeps what was there")
    func damaged() async throws {
        let (image, _) = try image([.raw])
        defer { remove() }
        var bytes = [UInt8](try Data(contentsOf: image))
        bytes[5000] ^= 1
        try Data(bytes).write(to: image)
        let output = directory.appending(path: "out.img")
        try Data("before".utf8).write(to: output)
        let error = await #expect(throws: OperationError.self) { try await run("convert", "--quiet", image.path, output.path) }
        #expect(error?.exit == .dataError && error?.cause.contains("checksum") == true)
        #expect(try String(contentsOf: output, encoding: .utf8) == "before")
        await #expect(throws: OperationError.self) { try await run("verify", image.path) }
    }

    @Test("extract, verify, list and inspect")
    func others() async throws {
        let (image, _) = try image([.xz])
        defer { remove() }
        let output = directory.appending(path: "file.out")
        try await run("extract", image.path, "file", "--output", output.path)
        #expect(try [UInt8](Data(contentsOf: output)) == Compressors.sample(700_000))
        for arguments in [["verify"], ["list"], ["inspect"], ["inspect", "--json"]] {
            try await run(arguments + [image.path])
        }
        let link = await #expect(throws: OperationError.self) { try await run("extract", image.path, "link") }
        #expect(link?.cause == "it is a symbolic link to file")
        let missing = await #expect(throws: OperationError.self) { try await run("extract", image.path, "nothing") }
        #expect(missing?.exit == .noInput)
        let text = await #expect(throws: OperationError.self) { try await run("convert", output.path, directory.appending(path: "x").path) }
        #expect(text?.cause.hasPrefix("it is no UDIF disk image") == true)
    }
}
