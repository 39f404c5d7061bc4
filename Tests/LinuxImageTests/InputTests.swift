import Diagnostics
import Foundation
import HostSupport
import SystemPackage
import Testing

@testable import LinuxImage

@Suite struct InputTests {
    @Test(arguments: [
        ("libc6", "2.36-9+deb12u14", true), ("qemu-system-x86", "1:7.2+dfsg-7~bpo1", true), ("g++", "4:12.2", true),
        ("../../etc", "1", false), ("-o", "1", false), ("libc6", "../1", false), ("libc6", "1 2", false), ("libc6", "", false),
        ("", "1", false), ("libc6=1", "1", false), ("Libc6", "1", false), ("libc6", "v1", false),
    ])
    func packagesAreDebians(name: String, version: String, isValid: Bool) {
        #expect(Package(name: name, version: version).isValid == isValid)
    }

    @Test(arguments: [
        ("dlstatus:1:9.4737:Retrieving file 1 of 5", "9"), ("dlstatus:12:100.0000:x", "100"), ("dlstatus:1:nan:x", nil),
        ("dlstatus:1:inf:x", nil), ("dlstatus:1:-3.0:x", nil), ("dlstatus:1:99999999999999999999.0:x", nil), ("dlstatus:1::x", nil),
        ("pmstatus:1:2.0:x", nil), ("", nil),
    ])
    func progressIsANumberOrNothing(line: String, share: String?) {
        #expect(Apt.share(line) == share)
    }

    @Test(arguments: [
        ("/usr/share/OVMF/OVMF_CODE_4M.fd", true), ("/root/x", true), ("/etc/motd", true), ("/etc/macos-virt/boot.toml", false),
        ("/run/x", false), ("/usr/../run/x", false), ("/var/lib/x", false), ("/", false), ("relative", false), ("/etc/resolv.conf", false),
    ])
    func additionsAreSeenInTheImage(path: String, isSeen: Bool) {
        let addition = LinuxRecipe.Addition("/file", to: FilePath(path))
        if isSeen {
            #expect(throws: Never.self) { try addition.check() }
        } else {
            #expect { try addition.check() } throws: { ($0 as? OperationError)?.exit == .usage }
        }
    }

    private static let key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIKp me@here"
    private static let privateKey = "-----BEGIN OPENSSH PRIVATE KEY-----\nssh-ed25519 AAAA\n-----END OPENSSH PRIVATE KEY-----\n"

    private static let keyFiles: [(String, String?)] = [
        (key, nil), ("# mine\n\n\(key)\n", nil), ("# of a PC\r\n\(key)\r\n", nil), ("from=\"10.0.0.0/8\",no-pty \(key)", nil),
        ("", "no public key"), ("# \(key)", "no public key"), ("ssh-ed25519", "no public key"), ("\u{FF}\u{0}", "no public key"),
        (privateKey, "a private key"),
    ]

    @Test(arguments: keyFiles)
    func onlyPublicKeysLogIn(text: String, problem: String?) throws {
        try inFile(Array(text.utf8)) { file in
            let error = Result { () throws(OperationError) in try GivenFiles.check(keys: try InputFile.read(file), file) }.failure
            #expect(problem.map { error?.cause.contains($0) == true && error?.exit == .dataError } ?? (error == nil))
        }
    }

    @Test(arguments: [(0, false, "empty"), (511, true, "no signature"), (512, false, "no signature"), (512, true, nil), (4096, true, nil)])
    func onlyADiskIsABootDisk(size: Int, isSigned: Bool, problem: String?) throws {
        var bytes = [UInt8](repeating: 0, count: size)
        if isSigned { bytes.replaceSubrange(min(510, size - 2)..<min(512, size), with: [0x55, 0xAA]) }
        try inFile(bytes) { file in
            let error = Result { () throws(OperationError) in try GivenFiles.check(bootSector: try InputFile.head(file, count: 512), file) }
                .failure
            #expect(problem.map { error?.cause.contains($0) == true && error?.exit == .dataError } ?? (error == nil))
        }
    }

    private func inFile(_ bytes: [UInt8], _ work: (FilePath) throws -> Void) throws {
        let file = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
        try Data(bytes).write(to: file)
        defer { try? FileManager.default.removeItem(at: file) }
        try work(FilePath(file.path))
    }

    /// A disk whose FAT volume has this file.
    private func disk(with file: String, in directory: FilePath) async throws -> FilePath {
        let image = directory.appending("disk.img")
        try await Tool("truncate", from: "coreutils").run(["--size", "40M", image.string])
        try await Tool("sfdisk", from: "fdisk").run(["--quiet", image.string], input: "label: gpt\nstart=2048, size=75000, type=uefi\n")
        try await Tool("mkfs.fat", from: "dosfstools").run(["-F", "32", "-s", "1", "--offset", "2048", image.string, "37000"])
        let volume = ["-i", "\(image)@@1M"]
        for path in ["::EFI", "::EFI/OC"] {
            try await Tool("mmd", from: "mtools").run(volume + [path], environment: ["MTOOLS_SKIP_CHECK": "1"])
        }
        try DraftFile.write(Data("x".utf8), to: directory.appending("x"))
        try await Tool("mcopy", from: "mtools").run(
            volume + [directory.appending("x").string, "::EFI/OC/" + file], environment: ["MTOOLS_SKIP_CHECK": "1"])
        return image
    }

    @Test(arguments: [("OpenCore.efi", true), ("other.efi", false)])
    func onlyOpenCoreIsAnOpenCoreDisk(file: String, isTaken: Bool) async throws {
        let directory = FilePath(FileManager.default.temporaryDirectory.path).appending("input-\(UUID().uuidString)")
        try DraftFile.makeDirectory(directory)
        defer { try? FileManager.default.removeItem(atPath: directory.string) }
        let image = try await disk(with: file, in: directory)
        if isTaken { return try await GivenFiles.checkOpenCore(image, named: image) }
        let error = await #expect(throws: OperationError.self) { try await GivenFiles.checkOpenCore(image, named: image) }
        #expect(error?.exit == .dataError && error?.cause.contains("EFI/OC/OpenCore.efi") == true, "\(String(describing: error))")
    }

    /// A link to a file of this machine: its content is in the copy, the link is not, and the file keeps its mode.
    @Test func linksAreFollowedOnce() async throws {
        let directory = FilePath(FileManager.default.temporaryDirectory.path).appending("input-\(UUID().uuidString)")
        try DraftFile.makeDirectory(directory)
        defer { try? FileManager.default.removeItem(atPath: directory.string) }
        try DraftFile.write(Data(Self.key.utf8), to: directory.appending("keys"), mode: 0o640)
        try DraftFile.write(Data("[guest]\n".utf8), to: directory.appending("toml"), mode: 0o600)
        for name in ["keys", "toml"] {
            try FileManager.default.createSymbolicLink(atPath: directory.appending(name + ".link").string, withDestinationPath: name)
        }
        var recipe = LinuxRecipe(boot: FilePath(try #require(Self.staticProgram)))
        (recipe.sshKeys, recipe.configuration) = (directory.appending("keys.link"), directory.appending("toml.link"))
        let copies = try await GivenFiles.copies(of: recipe, in: directory.appending("given"))
        for (copy, text) in [(copies.sshKeys, Self.key), (copies.configuration, "[guest]\n")] {
            let path = try #require(copy)
            #expect(try String(contentsOfFile: path.string, encoding: .utf8) == text)
            #expect(try FileManager.default.attributesOfItem(atPath: path.string)[.type] as? FileAttributeType == .typeRegular)
        }
        for (name, mode) in [("keys", 0o640), ("toml", 0o600)] {
            #expect(try FileManager.default.attributesOfItem(atPath: directory.appending(name).string)[.posixPermissions] as? Int == mode)
        }
        recipe.configuration = "/dev/zero"
        let error = await #expect(throws: OperationError.self) { try await GivenFiles.copies(of: recipe, in: directory.appending("again")) }
        #expect(error?.exit == .noInput)
    }

    /// What `boot` would refuse when the image starts, in the same words; `boot` itself is not looked at before.
    @Test(arguments: [
        ("Nov 26 22:10:01 host kernel: started\n", "", "line 1"), ("[guest]\nmemroy = \"8G\"\n", "", "did you mean guest.memory?"),
        ("[guest]\nmemory = \"8Q\"\n", "", "'8Q' (file "), ("", "quiet boot.guest.memroy=8G", "did you mean boot.guest.memory?"),
        ("[firmware]\ncode = \"/c.fd\"\n", "boot.shell_on_fail", "set both or neither"),
    ]) func configurationsThatBootWouldRefuse(text: String, words: String, message: String) async throws {
        let directory = FilePath(FileManager.default.temporaryDirectory.path).appending("input-\(UUID().uuidString)")
        try DraftFile.makeDirectory(directory)
        defer { try? FileManager.default.removeItem(atPath: directory.string) }
        try DraftFile.write(Data(text.utf8), to: directory.appending("toml"))
        var recipe = LinuxRecipe(boot: "/nonexistent")
        (recipe.configuration, recipe.kernelArguments) = (directory.appending("toml"), words)
        let error = await #expect(throws: OperationError.self) { try await GivenFiles.copies(of: recipe, in: directory.appending("given")) }
        #expect(error?.exit == .config && error?.description.contains(message) == true, "\(String(describing: error))")
    }

    /// Any statically linked program.
    private static let staticProgram = ["/bin/busybox", "/usr/bin/busybox", "/sbin/ldconfig", "/usr/sbin/ldconfig"]
        .first { FileManager.default.fileExists(atPath: $0) }

    private func manifest(_ kernel: String, without missing: String = "") -> LinuxManifest {
        let recipe = LinuxRecipe(boot: "/boot")
        let lone = (recipe.lonePackages + [kernel]).filter { $0 != missing }.map { Package(name: $0, version: "1") }
        let packages = recipe.packages.filter { $0 != missing }.map { Package(name: $0, version: "1") }
        let file = LinuxManifest.File(name: "boot", size: 1, sha256: "")
        return LinuxManifest(
            kernelRelease: "6", kernelCommandLine: "", packages: packages, lonePackages: lone, boot: file, files: [])
    }

    @Test func aManifestFitsItsRecipe() throws {
        var recipe = LinuxRecipe(boot: "/boot")
        try manifest("linux-image-6.1.0-56-amd64").check(recipe)
        #expect { try manifest("linux-image-6.1.0-56-cloud-amd64").check(recipe) } throws: { "\($0)".contains("not the standard one") }
        #expect { try manifest("linux-image-6", without: "ovmf").check(recipe) } throws: { "\($0)".contains("no ovmf") }
        recipe.sshKeys = "/keys"
        #expect { try manifest("linux-image-6").check(recipe) } throws: { ($0 as? OperationError)?.exit == .config }
    }
}

extension Result {
    fileprivate var failure: Failure? { if case .failure(let error) = self { error } else { nil } }
}
