import AppleMedia
import Diagnostics
import DiskFormats
import Foundation
import HostSupport
import MediaCodecs
import MediaSamples
import SystemPackage
import Testing

@testable import Provisioning

/// The installer package, read by other programs than the one that wrote it.
@Suite struct PackageTests {
    /// Settings with everything that the package can carry.
    private static func settings(_ directory: URL) throws -> ProvisioningSettings {
        var settings = ProvisioningSettings()
        var account = ProvisioningSettings.Account(name: "ann")
        account.fullName = #"Ann "A" \ Example"#
        account.password = try PasswordHash(of: "secret", iterations: 10_000, salt: [UInt8](repeating: 7, count: 32))
        account.sshKeys = ["ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAA ann@example"]
        account.automaticLogin = LoginPassword.file("secret")
        settings.account = account
        (settings.hostName, settings.timeZone) = ("mac-1", "Europe/Berlin")
        (settings.remoteLogin, settings.neverSleep, settings.skipSetupAssistant) = (true, true, true)
        // Larger than the buffers that it passes through.
        let package = directory.appending(path: "tools.pkg")
        try Data(Array("xar!".utf8) + Compressors.sample(3 << 20)).write(to: package)
        let script = directory.appending(path: "first.sh")
        try Data("#!/bin/sh\nexit 0\n".utf8).write(to: script)
        settings.packages = [FilePath(package.path)]
        settings.script = FilePath(script.path)
        return settings
    }

    private static func write(_ settings: ProvisioningSettings, to file: URL) async throws -> ProvisioningPackage {
        let package = try ProvisioningPackage(settings, powersOff: true)
        try await Draft.with(in: FilePath(file.deletingLastPathComponent().path)) { (draft) throws(OperationError) in
            try package.write("p", in: draft)
            try draft.publish("p", as: FilePath(file.path))
        }
        return package
    }

    private static func withDirectory(_ body: (URL) async throws -> Void) async throws {
        let directory = FileManager.default.temporaryDirectory.appending(path: "provisioning-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: directory) }
        try await body(directory)
    }

    @Test("bsdtar, 7zz and cpio get what was put in, with its modes")
    func otherReaders() async throws {
        try await Self.withDirectory { directory in
            let file = directory.appending(path: "a.pkg")
            let package = try await Self.write(Self.settings(directory), to: file)
            for (program, arguments) in [("bsdtar", ["-xf", "../a.pkg"]), ("7zz", ["x", "-y", "-bd", "../a.pkg"])] {
                let root = directory.appending(path: program)
                try FileManager.default.createDirectory(at: root, withIntermediateDirectories: true)
                try Samples.run(program, arguments, in: root)
                let scripts = root.appending(path: "provisioning.pkg/Scripts")
                #expect(FileManager.default.fileExists(atPath: root.appending(path: "Distribution").path))
                #expect(FileManager.default.fileExists(atPath: root.appending(path: "provisioning.pkg/PackageInfo").path))
                // 7zz unpacks the archive of the scripts at once, when it can.
                if program == "bsdtar" {
                    let unpacked = directory.appending(path: "scripts")
                    try FileManager.default.createDirectory(at: unpacked, withIntermediateDirectories: true)
                    try Samples.run("bsdtar", ["-xpf", scripts.path], in: unpacked)
                    try Self.compare(package, unpacked)
                    let plain = directory.appending(path: "by-cpio")
                    try FileManager.default.createDirectory(at: plain, withIntermediateDirectories: true)
                    try Samples.run(
                        "sh", ["-c", "gzip -dc '\(scripts.path)' | cpio -i --quiet --make-directories --no-preserve-owner"], in: plain)
                    try Self.compare(package, plain)
                }
            }
            let listed = String(decoding: try Samples.run("bsdtar", ["-tf", "a.pkg"], in: directory), as: UTF8.self)
            #expect(
                listed.split(separator: "\n").sorted() == [
                    "Distribution", "provisioning.pkg", "provisioning.pkg/PackageInfo", "provisioning.pkg/Scripts",
                ])
        }
    }

    private static func compare(_ package: ProvisioningPackage, _ directory: URL) throws {
        for item in package.scripts where item.path != "." {
            let url = directory.appending(path: String(item.path.dropFirst(2)))
            let attributes = try FileManager.default.attributesOfItem(atPath: url.path)
            #expect(attributes[.posixPermissions] as? Int == item.mode, "\(item.path)")
            if let content = item.content {
                #expect(try [UInt8](Data(contentsOf: url)) == content.bytes(at: 0, count: content.size), "\(item.path)")
            } else {
                #expect(attributes[.type] as? FileAttributeType == .typeDirectory)
            }
        }
        // Nothing else: the archive's own directory is one of the items.
        let found = FileManager.default.enumerator(atPath: directory.path)?.allObjects.count
        #expect(found == package.scripts.count - 1)
    }

    @Test("Our own readers verify every checksum")
    func ownReaders() async throws {
        try await Self.withDirectory { directory in
            let file = directory.appending(path: "a.pkg")
            let package = try await Self.write(Self.settings(directory), to: file)
            let archive = try XarArchive(FileSource(opening: FilePath(file.path)))
            #expect(archive.tableChecksum?.algorithm == .sha1 && archive.signature == nil)
            for entry in archive.entries { try archive.verify(entry) }
            let scripts = try #require(archive.entry("provisioning.pkg/Scripts"))
            let reader = CpioReader(DecodedStream(try archive.stream(scripts), try InflateDecoder(.gzip)))
            var paths: [String] = []
            while let entry = try reader.next() {
                paths.append(entry.path)
                #expect(entry.owner == 0 && entry.group == 0 && entry.modified == 0)
            }
            #expect(paths == package.scripts.map(\.path))
            #expect(try FileManager.default.attributesOfItem(atPath: file.path)[.posixPermissions] as? Int == 0o600)
        }
    }

    @Test("The XML is well-formed and names what is in the package")
    func documents() async throws {
        try await Self.withDirectory { directory in
            _ = try await Self.write(Self.settings(directory), to: directory.appending(path: "a.pkg"))
            try Samples.run("bsdtar", ["-xf", "a.pkg"], in: directory)
            let script = """
                import xml.etree.ElementTree as tree
                d = tree.parse("Distribution").getroot()
                p = tree.parse("provisioning.pkg/PackageInfo").getroot()
                references = d.findall("pkg-ref")
                assert d.tag == "installer-gui-script" and d.find("product").get("id") == p.get("identifier")
                assert [r.text for r in references if r.text] == ["#provisioning.pkg"]
                assert {r.get("id") for r in references} == {p.get("identifier")}
                assert [s.get("file") for s in p.find("scripts")] == ["./postinstall"] and p.get("auth") == "root"
                """
            try Samples.run("python3", ["-c", script], in: directory)
        }
    }

    @Test("The same settings give the same bytes")
    func reproducible() async throws {
        try await Self.withDirectory { directory in
            let settings = try Self.settings(directory)
            let (first, second) = (directory.appending(path: "a.pkg"), directory.appending(path: "b.pkg"))
            _ = try await Self.write(settings, to: first)
            _ = try await Self.write(settings, to: second)
            #expect(try Data(contentsOf: first) == Data(contentsOf: second))
            var other = settings
            other.hostName = "mac-2"
            #expect(
                try ProvisioningPackage(other, powersOff: true).seed.metaData
                    != ProvisioningPackage(settings, powersOff: true).seed.metaData)
        }
    }

    @Test("The clear password is nowhere in a package without automatic login")
    func noPassword() async throws {
        try await Self.withDirectory { directory in
            var settings = try Self.settings(directory)
            settings.account?.automaticLogin = nil
            let package = try ProvisioningPackage(settings, powersOff: false)
            for item in package.scripts {
                guard let content = item.content else { continue }
                #expect(try Data(content.bytes(at: 0, count: content.size)).range(of: Data("secret".utf8)) == nil, "\(item.path)")
            }
            #expect(!package.seed.userData.contains("kcpassword") && !package.seed.userData.contains("power_state"))
        }
    }

    @Test("A package or a script that is not there is named")
    func missing() throws {
        var settings = ProvisioningSettings()
        settings.packages = ["/nonexistent/a.pkg"]
        #expect { try ProvisioningPackage(settings, powersOff: false) } throws: { error in
            (error as? OperationError)?.object == "/nonexistent/a.pkg" && (error as? OperationError)?.exit == .noInput
        }
    }
}
