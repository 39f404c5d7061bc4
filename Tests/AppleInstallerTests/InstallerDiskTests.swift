import AppleMedia
import Diagnostics
import DiskFormats
import Downloads
import Foundation
import HFSPlus
import HostSupport
import SystemPackage
import Testing

@testable import AppleInstaller

/// Installer disks of each era, from a server in Apple's place.
struct InstallerDiskTests {
    private func sources(_ apple: FakeApple, _ version: String) async throws -> SourceFiles {
        let list = try await apple.environment.catalog.installers(.none, progress: apple.progress)
        let wanted = try #require(MacOSVersion(version))
        return try #require(list.newest(wanted, betas: false).flatMap { SourceFiles($0) })
    }

    private func build(
        _ apple: FakeApple, _ sources: SourceFiles, environment: InstallerEnvironment? = nil
    ) async throws -> (image: FilePath, manifest: InstallerManifest) {
        try await InstallerBuilder(environment ?? apple.environment, progress: apple.progress).build(
            sources, lock: apple.root.appending("lock"), output: .init(image: nil, directory: apple.work))
    }

    /// A partition as a file, for programs that read volumes.
    private func partition(_ apple: FakeApple, _ image: FilePath, _ partition: InstallerManifest.Partition) async throws -> FilePath {
        let copy = apple.root.appending("partition-\(partition.offset)")
        try await Tool("dd", from: "coreutils").run([
            "if=\(image)", "of=\(copy)", "bs=1M", "iflag=skip_bytes,count_bytes", "skip=\(partition.offset)", "count=\(partition.size)",
            "conv=sparse", "status=none",
        ])
        return copy
    }

    /// What 7zz finds on a volume: paths below the volume's own name.
    private func unpacked(_ apple: FakeApple, _ volume: FilePath) async throws -> FilePath {
        let place = FilePath(volume.string + ".files")
        try await Tool("7zz", from: "7zip").run(["x", "-y", "-snl", "-o\(place)", volume.string])
        let names = try FileManager.default.contentsOfDirectory(atPath: place.string).filter { !$0.hasPrefix("[") }
        return place.appending(try #require(names.first))
    }

    private func content(_ path: FilePath) throws -> Data { try Data(contentsOf: URL(filePath: path.string)) }

    @Test func macOS11AndNewer() async throws {
        try await FakeApple.with { apple in
            let (image, manifest) = try await build(apple, sources(apple, "15"))
            #expect(apple.results == ["Install_macOS_15.6.1-24G90.img", "Install_macOS_15.6.1-24G90.manifest.json"])
            #expect(manifest.partitions.map(\.content) == ["recovery", "Install macOS Sequoia.app"])
            #expect(manifest.partitions.allSatisfy { $0.offset % (1 << 20) == 0 })
            let table = try await Tool("sgdisk", from: "gdisk").run(["-v", "-p", image.string])
            #expect(table.contains("No problems found"), "\(table)")
            // The second volume, by 7zz: the payload with its modes, links and names, and the disk image of the package.
            let volume = try await partition(apple, image, manifest.partitions[1])
            let top = try await unpacked(apple, volume)
            let contents = top.appending("Install macOS Sequoia.app/Contents")
            let package = apple.root.appending("package")
            let original = apple.root.appending("hosts/swcdn.apple.com/content/downloads/082-15601/InstallAssistant.pkg")
            try FileManager.default.createDirectory(atPath: package.string, withIntermediateDirectories: true)
            try await Tool("bsdtar", from: "libarchive-tools").run(["-xf", original.string, "-C", package.string])
            let (copied, expected) = (
                try content(contents.appending("SharedSupport/SharedSupport.dmg")), try content(package.appending("SharedSupport.dmg"))
            )
            #expect(copied == expected)
            let program = contents.appending("MacOS/InstallAssistant")
            #expect(try content(program).count == 70_000)
            let mode = try FileManager.default.attributesOfItem(atPath: program.string)[.posixPermissions] as? Int
            #expect(mode == 0o755)
            #expect(
                try FileManager.default.destinationOfSymbolicLink(atPath: contents.appending("Resources/Base.lproj").string) == "en.lproj")
            #expect(try content(contents.appending("Resources/startosinstall")) == Data("#!/bin/sh\n".utf8))
            let names = try FileManager.default.contentsOfDirectory(atPath: contents.appending("Resources").string)
            #expect(names.contains { $0.precomposedStringWithCanonicalMapping == "Über.txt" }, "\(names)")
            // By the rules of fsck_hfs.
            let problems = try VolumeChecker.problems(of: try FileSource(opening: volume))
            #expect(problems.isEmpty, "\(problems)")
            // The first volume is that of the recovery in the package.
            let recovery = try await unpacked(apple, partition(apple, image, manifest.partitions[0]))
            #expect(String(decoding: try content(recovery.appending(SystemVersion.path)), as: UTF8.self).contains("24G90"))
            #expect(manifest.sources.first?.checks.contains { $0.contains("Software Update, Apple Software Update") } ?? false)
        }
    }

    @Test func theSameDiskFromTheLockFile() async throws {
        try await FakeApple.with { apple in
            let sources = try await sources(apple, "15")
            let image = try await build(apple, sources).image
            let first = try content(image)
            let lock = try DownloadLock(reading: apple.root.appending("lock"), isKey: SourceFiles.isKey)
            let locked = try #require(SourceFiles(lock) { version, _ in version.description == "15.6.1" })
            #expect(locked == sources)
            // Nothing is asked: everything is in the cache.
            let asked = apple.requests.count
            _ = try await build(apple, locked)
            #expect(try content(image) == first)
            #expect(apple.requests.count == asked)
            // With an empty cache, the server has to have what is in the lock file.
            try FileManager.default.removeItem(atPath: apple.root.appending("cache").string)
            _ = try await build(apple, locked)
            #expect(try content(image) == first)
            try FileManager.default.removeItem(atPath: apple.root.appending("cache").string)
            try apple.fail([["path": "integrityDataV1", "flip": 60]])
            await refuses(.dataError, naming: "SHA-256") { try await build(apple, locked) }
            #expect(try content(image) == first)
        }
    }

    @Test func macOS10_13() async throws {
        try await FakeApple.with { apple in
            let (image, manifest) = try await build(apple, sources(apple, "10.13"))
            #expect(apple.results == ["Install_macOS_10.13.6-17G66.img", "Install_macOS_10.13.6-17G66.manifest.json"])
            #expect(try await Tool("sgdisk", from: "gdisk").run(["-v", image.string]).contains("No problems found"))
            let volume = try await partition(apple, image, manifest.partitions[1])
            let top = try await unpacked(apple, volume)
            let support = top.appending("Install macOS High Sierra.app/Contents/SharedSupport")
            let served = "swcdn.apple.com/content/downloads/041-10136/"
            for (name, source) in [
                ("BaseSystem.dmg", "BaseSystem.dmg"), ("BaseSystem.chunklist", "BaseSystem.chunklist"),
                ("InstallESD.dmg", "InstallESDDmg.pkg"),
                ("AppleDiagnostics.dmg", "AppleDiagnostics.dmg"), ("AppleDiagnostics.chunklist", "AppleDiagnostics.chunklist"),
            ] {
                let (found, expected) = (try content(support.appending(name)), try apple.file(served + source))
                #expect(found == expected, "\(name)")
            }
            let information = try #require(PropertyList.dictionary(try content(support.appending("InstallInfo.plist"))))
            let payload = try #require(information["Payload Image Info"] as? [String: String])
            #expect(payload == ["URL": "InstallESD.dmg", "id": "com.apple.dmg.InstallESD", "version": "10.13.6"])
            #expect(try content(top.appending("Install macOS High Sierra.app/Contents/MacOS/InstallAssistant")).count == 50_000)
            #expect(try VolumeChecker.problems(of: try FileSource(opening: volume)).isEmpty)
            let checks = Dictionary(uniqueKeysWithValues: manifest.sources.map { ($0.name, $0.checks) })
            #expect(checks["BaseSystem.dmg"]?.contains { $0.contains("the chunklist's signature") } ?? false)
            #expect(checks["InstallESDDmg.pkg"]?.contains { $0.contains("the package's signature") } ?? false)
        }
    }

    @Test func whatIsNotWhatItClaims() async throws {
        try await FakeApple.with { apple in
            // The catalog says 15.5, the package has 15.6.1.
            await refuses(.dataError, naming: "it is macOS 15.6.1 (24G90), not 15.5 (24F74)") {
                try await build(apple, sources(apple, "15.5"))
            }
            // Signed by a developer, below the same root.
            await refuses(.dataError, naming: "Developer ID Installer: Somebody", "has to be Apple Software Update Certification Authority")
            {
                try await build(apple, sources(apple, "13"))
            }
            let sequoia = try await sources(apple, "15")
            var other = apple.environment
            other.anchors = .apple
            await refuses(.dataError, naming: "do not end at Apple's root certificate") {
                try await build(apple, sequoia, environment: other)
            }
            #expect(apple.results.isEmpty)
            #expect(!FileManager.default.fileExists(atPath: apple.root.appending("lock").string))
        }
    }

    /// A package that was changed in any of its parts, with integrity data that agree: only the signature protects.
    @Test(arguments: [10, 60, 5000, 200_000, 900_000, -300, -100_000])
    func aChangedPackage(place: Int) async throws {
        try await FakeApple.with { apple in
            let file = apple.root.appending("InstallAssistant.pkg")
            var package = try apple.file("swcdn.apple.com/content/downloads/082-15601/InstallAssistant.pkg")
            package[place < 0 ? package.count + place : place] ^= 1
            try package.write(to: URL(filePath: file.string))
            await refuses(.dataError) {
                try await InstallerBuilder(apple.environment, progress: apple.progress).build(
                    from: file, unsigned: true, output: .init(image: nil, directory: apple.work))
            }
            #expect(apple.results.isEmpty)
        }
    }

    /// Apple's certificates, and a signature by somebody else's key.
    @Test func aForgedPackage() async throws {
        try await FakeApple.with { apple in
            await refuses(.dataError, naming: "its signature is wrong") {
                try await InstallerBuilder(apple.environment, progress: apple.progress).build(
                    from: apple.root.appending("hosts/forged/InstallAssistant.pkg"), unsigned: true,
                    output: .init(image: nil, directory: apple.work))
            }
            #expect(apple.results.isEmpty)
        }
    }

    @Test func filesOfTheUser() async throws {
        try await FakeApple.with { apple in
            let builder = InstallerBuilder(apple.environment, progress: apple.progress)
            let output = InstallerBuilder.Output(image: nil, directory: apple.work)
            let hosts = apple.root.appending("hosts")
            let downloads = hosts.appending("swcdn.apple.com/content/downloads")
            let package = downloads.appending("082-15601/InstallAssistant.pkg")
            #expect(try await builder.build(from: package, unsigned: false, output: output).manifest.version == "15.6.1")
            // 11 and 12 have the recovery as it is, newer ones a patch.
            let older = hosts.appending("older/InstallAssistant.pkg")
            #expect(try await builder.build(from: older, unsigned: false, output: output).manifest.version == "11.7.10")
            let esd = downloads.appending("041-10136/InstallESDDmg.pkg")
            #expect(try await builder.build(from: esd, unsigned: false, output: output).manifest.version == "10.13.6")
            let sonoma = hosts.appending("oscdn.apple.com/content/sonoma/BaseSystem.dmg")
            let (image, manifest) = try await builder.build(from: sonoma, unsigned: false, output: output)
            #expect(image.lastComponent?.string == "Recovery_macOS_14.6.1-23G93.img" && manifest.partitions.count == 1)
            // Without its chunklist, and damaged.
            let alone = apple.root.appending("BaseSystem.dmg")
            try InputFile.copy(sonoma, to: alone)
            await refuses(.noInput, naming: "--unsigned") { try await builder.build(from: alone, unsigned: false, output: output) }
            #expect(try await builder.build(from: alone, unsigned: true, output: output).manifest.version == "14.6.1")
            var damaged = try content(alone)
            damaged[100_000] ^= 1
            try damaged.write(to: URL(filePath: alone.string))
            await refuses(.dataError) { try await builder.build(from: alone, unsigned: true, output: output) }
            try InputFile.copy(
                hosts.appending("oscdn.apple.com/content/sonoma/BaseSystem.chunklist"), to: apple.root.appending("BaseSystem.chunklist"))
            await refuses(.dataError, naming: "differs from its chunklist") {
                try await builder.build(from: alone, unsigned: true, output: output)
            }
            await refuses(.noInput, naming: "is not beside it") {
                let lonely = apple.root.appending("InstallESDDmg.pkg")
                try InputFile.copy(esd, to: lonely)
                return try await builder.build(from: lonely, unsigned: false, output: output)
            }
            await refuses(.dataError) {
                try await builder.build(from: apple.root.appending("ready.json"), unsigned: true, output: output)
            }
            // A volume without macOS, as that of InstallESD.dmg.
            let packages = apple.root.appending("InstallESD.img")
            var contents = VolumeContents()
            try contents.addDirectory("Packages")
            let layout = try VolumeLayout(contents, name: "InstallESD", identifier: 1, created: 0, spare: 0)
            try layout.write(to: FileSink(opening: packages, size: layout.size, options: [.create, .exclusiveCreate]))
            await refuses(.dataError, naming: "no recovery of macOS") {
                try await builder.build(from: packages, unsigned: true, output: output)
            }
        }
    }

    @Test func aFullDirectoryAndALostConnection() async throws {
        try await FakeApple.with { apple in
            let sources = try await sources(apple, "15")
            try apple.fail([
                ["path": "InstallAssistant.pkg", "cut": 150_000, "times": 4], ["path": "InstallAssistant.pkg", "status": 503, "times": 1],
            ])
            #expect(try await build(apple, sources).manifest.version == "15.6.1")
            try FileManager.default.removeItem(atPath: apple.work.string)
            try Data().write(to: URL(filePath: apple.work.string))
            await refuses(.cantCreate) { try await build(apple, sources) }
        }
    }
}
