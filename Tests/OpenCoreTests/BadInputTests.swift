import Diagnostics
import Foundation
import Glibc
import HostSupport
import SystemPackage
import Testing

@testable import BootSettings
@testable import OpenCoreImage

/// Each fault is named, and what was there before stays as it was.
struct BadInputTests {
    /// Builds a good image, breaks the request, and expects the build to fail with the old image untouched.
    private func refuses(
        _ exit: Diagnostics.ExitStatus, naming text: String, _ spoil: (StandIn, inout BuildRequest) async throws -> Void,
        sourceLocation: SourceLocation = #_sourceLocation
    ) async throws {
        let stand = try StandIn()
        defer { stand.remove() }
        var request = try stand.request()
        _ = try await stand.build(request)
        let files = [request.output, IdentityFile.path(beside: request.output)]
        var before: [String] = []
        for file in files { before.append(try await Digest.sha256(file)) }
        try await spoil(stand, &request)
        let error = await #expect(throws: OperationError.self, sourceLocation: sourceLocation) { try await stand.build(request) }
        #expect(error?.exit == exit, "\(String(describing: error))", sourceLocation: sourceLocation)
        #expect(error?.description.contains(text) ?? false, "\(String(describing: error))", sourceLocation: sourceLocation)
        for (file, digest) in zip(files, before) { #expect(try await Digest.sha256(file) == digest, sourceLocation: sourceLocation) }
        let rest = try FileManager.default.contentsOfDirectory(atPath: stand.root.string).filter { $0.hasPrefix(".macos-virt-draft") }
        #expect(rest.isEmpty, sourceLocation: sourceLocation)
    }

    @Test func truncatedZip() async throws {
        try await refuses(.dataError, naming: "OpenCore-1.0.6-RELEASE.zip") { stand, request in
            guard let release = request.openCore else { return }
            let archive = try await stand.zip(release, as: "OpenCore-1.0.6-RELEASE.zip")
            let data = try Data(contentsOf: URL(filePath: archive.string))
            try data.prefix(data.count / 2).write(to: URL(filePath: archive.string))
            request.openCore = archive
        }
    }

    @Test func wholeZipIsTaken() async throws {
        let stand = try StandIn()
        defer { stand.remove() }
        var request = try stand.request()
        guard let release = request.openCore else { return }
        request.openCore = try await stand.zip(release, as: "OpenCore-1.0.7-RELEASE.zip")
        try stand.kext("Lilu", below: "lilu")
        request.lilu = try await stand.zip(stand.path("lilu"), as: "Lilu-1.7.1-RELEASE.zip")
        try stand.kext("VirtualSMC", needs: ["test.Lilu"], below: "smc/Kexts")
        try stand.kext("SMCProcessor", needs: ["test.VirtualSMC"], below: "smc/Kexts")
        request.virtualSMC = try await stand.zip(stand.path("smc"), as: "VirtualSMC-1.3.7-RELEASE.zip")
        let report = try await stand.build(request)
        #expect(report.version == OpenCoreVersion("1.0.7"))
        #expect(report.kexts == ["Lilu.kext 1.2.3", "VirtualSMC.kext 1.2.3"])
    }

    @Test func kextWithoutItsExecutable() async throws {
        try await refuses(.dataError, naming: "Contents/MacOS/gone") { stand, request in
            request.kexts = [KextSource(try stand.kext("Hollow", executable: "gone", hasExecutable: false))]
        }
    }

    @Test func kextWithALink() async throws {
        try await refuses(.dataError, naming: "symbolic link") { stand, request in
            let kext = try stand.kext("Linked")
            try FileManager.default.createSymbolicLink(atPath: kext.appending("Contents/passwd").string, withDestinationPath: "/etc/passwd")
            request.kexts = [KextSource(kext)]
        }
    }

    @Test func kextsThatNeedEachOther() async throws {
        try await refuses(.dataError, naming: "depend on each other") { stand, request in
            request.kexts = [
                KextSource(try stand.kext("A", needs: ["test.B"])), KextSource(try stand.kext("B", needs: ["test.A"])),
            ]
        }
    }

    @Test func sameKextTwice() async throws {
        try await refuses(.dataError, naming: "both test.Lilu") { stand, request in
            request.kexts = [KextSource(try stand.kext("Lilu", below: "again"))]
        }
    }

    @Test func infoThatIsNoPropertyList() async throws {
        try await refuses(.dataError, naming: "CFBundleIdentifier") { stand, request in
            try stand.file("Bad.kext/Contents/Info.plist", Data("not a list".utf8))
            request.kexts = [KextSource(stand.path("Bad.kext"))]
        }
    }

    @Test func keyOfTheWrongType() async throws {
        try await refuses(.usage, naming: "Misc.Boot.Timeout") { _, request in
            request.settings = [try OpenCoreSetting("Misc.Boot.Timeout=soon")]
        }
    }

    /// Before anything is fetched: offline, the missing release would be the error.
    @Test func settingsAreCheckedFirst() async throws {
        try await refuses(.usage, naming: "32 bits") { _, request in
            request.openCore = nil
            request.settings = [try OpenCoreSetting("Misc.Boot.Timeout=99999999999")]
        }
    }

    @Test func debugBuildThatWasNotAskedFor() async throws {
        try await refuses(.usage, naming: "DEBUG") { stand, request in request.openCore = try stand.release("1.0.6", kind: "DBG") }
    }

    @Test func versionThatNobodyTells() async throws {
        try await refuses(.usage, naming: "--opencore-version") { stand, request in request.openCore = try stand.release("nameless") }
    }

    @Test func oldOpenCore() async throws {
        try await refuses(.dataError, naming: "0.9.9") { stand, request in request.openCore = try stand.release("OpenCore-0.9.9-RELEASE") }
    }

    @Test func releaseThatIsTooOldForTahoe() async throws {
        try await refuses(.usage, naming: "macOS 26") { stand, request in
            request.openCore = try stand.release("OpenCore-1.0.4-RELEASE")
            request.macOS = .tahoe ... .tahoe
        }
    }

    @Test func emptyDirectory() async throws {
        try await refuses(.dataError, naming: "OpenCore.efi") { stand, request in
            try DraftFile.makeDirectory(stand.path("empty"))
            request.openCore = stand.path("empty")
        }
    }

    @Test func bootCodeThatIsNone() async throws {
        try await refuses(.dataError, naming: "boot0") { stand, request in
            try stand.file("OpenCore-1.0.6-RELEASE/Utilities/LegacyBoot/boot0", Data("short".utf8))
        }
    }

    @Test func canopyWithoutPictures() async throws {
        try await refuses(.dataError, naming: "--resources") { _, request in request.picker = Picker(isShown: true, isGraphical: true) }
    }

    @Test func damagedIdentity() async throws {
        let stand = try StandIn()
        defer { stand.remove() }
        let request = try stand.request()
        try stand.file("out.identity.json", Data("{".utf8))
        let error = await #expect(throws: OperationError.self) { try await stand.build(request) }
        #expect(error?.exit == .dataError)
        #expect(!FileManager.default.fileExists(atPath: request.output.string))
    }

    @Test func modelOfAnotherIdentity() async throws {
        try await refuses(.usage, naming: "--new-identity") { _, request in request.identity.model = .macPro }
    }

    /// A checker of another version, and one with findings, as a script in its place.
    @Test(arguments: [
        ("1.0.5", "No issues found.", Diagnostics.ExitStatus.dataError), ("1.0.6", "Misc->Boot->X is wrong!\nFound 1 issue", .config),
    ])
    func findingsOfTheChecker(_ version: String, _ words: String, _ exit: Diagnostics.ExitStatus) async throws {
        try await refuses(exit, naming: exit == .dataError ? "from OpenCore 1.0.5" : "Misc->Boot->X is wrong!") { stand, _ in
            let script = """
                #!/bin/sh
                grep -q SystemProductName "$1" || exit 2
                printf '\\nNOTE: This version of ocvalidate is only compatible with OpenCore version %s!\\n\\n%s\\n' '\(version)' '\(words)'
                exit 1
                """
            try stand.file("OpenCore-1.0.6-RELEASE/Utilities/ocvalidate/ocvalidate.linux", Data(script.utf8))
        }
    }

    @Test func imageInUse() async throws {
        let stand = try StandIn()
        defer { stand.remove() }
        var request = try stand.request()
        _ = try await stand.build(request)
        let files = [request.output, IdentityFile.path(beside: request.output)]
        var before: [String] = []
        for file in files { before.append(try await Digest.sha256(file)) }
        // What QEMU does with a disk: an open file description lock (F_OFD_SETLK, 37) on a byte of it.
        let descriptor = open(request.output.string, O_RDWR)
        defer { close(descriptor) }
        var lock = flock()
        (lock.l_type, lock.l_whence, lock.l_start, lock.l_len) = (Int16(F_RDLCK), Int16(SEEK_SET), 100, 1)
        #expect(fcntl(descriptor, 37, &lock) == 0)
        request.identity.isNew = true
        let error = await #expect(throws: OperationError.self) { try await stand.build(request) }
        #expect(error?.exit == .tempFail)
        for (file, digest) in zip(files, before) { #expect(try await Digest.sha256(file) == digest) }
    }

    @Test func sourcesOfKexts() {
        #expect(KextSource("/a/b.kext")?.path == "/a/b.kext")
        #expect(KextSource("/a/b.kext@22.0.0-23.99.99")?.maxKernel == "23.99.99")
        #expect(KextSource("/a/b.kext@22.0.0-")?.minKernel == "22.0.0")
        #expect(KextSource("/a@b-c/d.kext")?.path == "/a@b-c/d.kext")
        for bad in ["/a@", "/a@-", "/a@22-23", "/a@22.0.0", "/a@1.0.0-2.0.0-3.0.0"] { #expect(KextSource(bad) == nil) }
    }
}
