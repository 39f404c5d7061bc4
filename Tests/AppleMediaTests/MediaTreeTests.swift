import DiskFormats
import Foundation
import HFSPlus
import MediaCodecs
import MediaSamples
import SystemPackage
import Testing

@testable import AppleMedia

/// A package of the shape that macOS 11 and newer have: nothing of Apple's, but the same layers in each other.
struct MediaTreeTests {
    static let version = """
        <?xml version="1.0" encoding="UTF-8"?>
        <!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
        <plist version="1.0"><dict>
        <key>ProductBuildVersion</key><string>23X1</string>
        <key>ProductVersion</key><string>14.9.9</string>
        </dict></plist>
        """
    static let zipPath = "com_apple_MobileAsset_MacSoftwareUpdate/0123abcd.zip"
    static let basePath = "AssetData/Restore/BaseSystem.dmg"

    static func volume(_ contents: VolumeContents, _ name: String) throws -> [UInt8] {
        let layout = try VolumeLayout(contents, name: name, identifier: 5, created: 1_700_000_000, spare: 0)
        let sink = MemorySink(size: layout.size)
        try layout.write(to: sink)
        return sink.bytes
    }

    static func baseSystem() throws -> [UInt8] {
        var contents = VolumeContents()
        for path in ["System", "System/Library", "System/Library/CoreServices"] { try contents.addDirectory(path) }
        try contents.addFile(SystemVersion.path, content: MemorySource(Array(version.utf8)))
        try contents.addFile("System/data", content: MemorySource(Compressors.sample(500_000)))
        return try UDIFWriter(volume(contents, "macOS Base System"), codecs: [.zlib, .bzip2, .xz, .adc]).image()
    }

    static func package() throws -> [UInt8] {
        let zip = try Samples.withDirectory { directory in
            let file = directory.appending(path: basePath)
            try FileManager.default.createDirectory(at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
            try Data(baseSystem()).write(to: file)
            try Samples.run("zip", ["-q", "-0", "-r", "a.zip", "AssetData"], in: directory)
            return [UInt8](try Data(contentsOf: directory.appending(path: "a.zip")))
        }
        var contents = VolumeContents()
        try contents.addDirectory("com_apple_MobileAsset_MacSoftwareUpdate")
        try contents.addFile(zipPath, content: MemorySource(zip))
        let shared = try UDIFWriter(volume(contents, "Shared Support"), codecs: [.raw, .zlib]).image()
        return try XarWriter([
            .init("Payload", payload(), isCompressed: false), .init("PackageInfo", Array("<pkg-info/>".utf8), isCompressed: true),
            .init("SharedSupport.dmg", shared),
        ])
        .archive()
    }

    /// pbzx of a cpio archive.
    static func payload() throws -> [UInt8] {
        let cpio = try Samples.withDirectory { directory in
            let app = directory.appending(path: "Applications/Install.app")
            try FileManager.default.createDirectory(at: app, withIntermediateDirectories: true)
            try Data("stub".utf8).write(to: app.appending(path: "stub"))
            return try Samples.run("bsdtar", ["-c", "-f", "-", "--format=odc", "."], in: directory)
        }
        let packed = try Compressors.xz(cpio)
        var stream = Array("pbzx".utf8)
        for number in [1 << 24, cpio.count, packed.count] { withUnsafeBytes(of: UInt64(number).bigEndian) { stream += $0 } }
        return stream + packed
    }

    private func bytes(_ content: MediaTree.Content) throws -> [UInt8] {
        switch content {
        case .source(let source): try source.bytes(at: 0, count: source.size)
        case .stream(let stream): try stream.remainder(limit: 1 << 24)
        case .directory, .link: []
        }
    }

    @Test("One path leads through package, image, volume, archive, image and volume")
    func path() throws {
        let tree = MediaTree(MemorySource(try Self.package()))
        let base = "SharedSupport.dmg/\(Self.zipPath)/\(Self.basePath)"
        #expect(try bytes(tree.content("\(base)/\(SystemVersion.path)")) == Array(Self.version.utf8))
        #expect(try bytes(tree.content("\(base)/System/data")) == Compressors.sample(500_000))
        #expect(try bytes(tree.content(base)) == Self.baseSystem())
        #expect(try bytes(tree.content("Payload/Applications/Install.app/stub")) == Array("stub".utf8))
        #expect(try bytes(tree.content("PackageInfo")) == Array("<pkg-info/>".utf8))
        #expect(throws: FormatError.notFound("there is no nothing in the HFS+ volume")) {
            try tree.content("SharedSupport.dmg/nothing")
        }
        #expect(throws: FormatError.notFound("there is no nothing in the xar archive")) { try tree.content("nothing") }
        var names: [String] = []
        try tree.forEach(in: base) { (item) throws(FormatError) in names.append(item.path) }
        #expect(Set(names) == ["System", "System/Library", "System/Library/CoreServices", SystemVersion.path, "System/data"])
        names = []
        try tree.forEach(in: "Payload") { (item) throws(FormatError) in names.append(item.path) }
        #expect(names.contains("Applications/Install.app/stub"))
    }

    @Test("The report names every layer that can be seen without a path")
    func report() throws {
        let report = try MediaReport(MemorySource(try Self.package()))
        #expect(report.format == "xar archive")
        let image = try #require(report.contains.first)
        #expect(image.format == "UDIF disk image" && image.facts.contains(.init(name: "codecs", value: "raw, zlib")))
        #expect(image.contains.first?.facts.contains(.init(name: "name", value: "Shared Support")) == true)
        let base = try MediaReport(MemorySource(try Self.baseSystem()))
        #expect(base.contains.first?.facts.contains(.init(name: "macOS", value: "14.9.9 (23X1)")) == true)
        #expect(try MediaReport(MemorySource(Array("CNKL".utf8))).format == "chunklist")
        #expect(try MediaReport(MemorySource([])).format == "unknown")
    }

    @Test("Verifying finds a changed byte in each layer")
    func verify() async throws {
        let package = try Self.package()
        try await MediaVerifier(MemorySource(package), workers: 2).verify { _ in }
        let tail = try #require(package.firstRange(of: Array("koly".utf8))?.lowerBound)
        for place in [200, tail - 100_000, tail + 0x168] {
            var changed = package
            changed[place] ^= 0x40
            await #expect(throws: FormatError.self) { try await MediaVerifier(MemorySource(changed), workers: 2).verify { _ in } }
        }
        // A volume that no checksum covers.
        var volume = try Self.volume(VolumeContents(), "plain")
        try await MediaVerifier(MemorySource(volume), workers: 1).verify { _ in }
        volume[1024 + 35] ^= 1
        await #expect(throws: FormatError.damaged("volume \"plain\": the catalog: 0 files, not 1")) {
            try await MediaVerifier(MemorySource(volume), workers: 1).verify { _ in }
        }
    }
}
