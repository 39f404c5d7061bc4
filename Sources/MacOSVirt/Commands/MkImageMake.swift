import AppleInstaller
import ArgumentParser
import BootSettings
import Diagnostics
import DiskFormats
import DiskImage
import Foundation
import HostSupport
import LinuxSupport
import LinuxVM
public import MediaInstall
import NetworkValues
import OpenCoreImage
import Provisioning
import QemuArgs
import SystemPackage

struct MkImageMake: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "make", abstract: "Install macOS to a disk image; mkimage without a verb does this.",
        usage: """
            macos-virt mkimage <installer> <output> [<options>]
            macos-virt mkimage --from-dmg <image> <output>
            """)

    @Argument(help: ArgumentHelp("The installer disk, and the image to make.", valueName: "installer> <output")) var paths: [String]
    @Option(help: "The size of macOS's disk; the image grows with its content.") var size = "64G"
    @Option(help: "raw or qcow2; `boot` takes both.") var format = InstallRequest.Format.raw
    @Flag(help: "With --format qcow2: compress it.") var compress = false
    @Option(help: "The OpenCore disk. (a new one, beside the image)") var opencore: String?
    @Option(help: ArgumentHelp("The guest's Mac identity. (beside --opencore, or a new one)", valueName: "json")) var identity: String?
    @Option(help: "vCPUs, or auto: all, up to 8.") var vcpus = "auto"
    @Option(help: "Memory: 8G, 4096M, or auto: 8G, or 3/4 of what is available.") var memory = "auto"
    @Option(help: ArgumentHelp("Show the guest's screen by VNC: ADDRESS:PORT, or a path for a Unix socket.", valueName: "address"))
    var screen: String?
    @Flag(help: "Let the guest reach no other machine. A disk with the recovery alone needs the network.") var offline = false
    @Flag(help: "Do without KVM: days in place of an hour.") var emulate = false
    @Option(help: "The recovery's language.") var language = "en"
    @Option(help: ArgumentHelp("A table of keys, in place of the one that this program has.", valueName: "file")) var keys: String?
    @Option(help: ArgumentHelp("Keep the transcript here. (in OUTPUT.install, if it fails)", valueName: "directory")) var transcript:
        String?
    @Flag(help: "Leave serial numbers and keys in the transcript.") var transcriptSecrets = false
    @Flag(help: "Go on with what was begun.") var resume = false
    @Flag(help: "Forget what was begun.") var restart = false
    @Flag(help: "Accept Apple's license, instead of being asked.") var acceptAppleLicense = false
    @Option(help: ArgumentHelp("Make a raw disk of this disk image instead.", valueName: "dmg")) var fromDmg: String?
    @Option(help: ArgumentHelp("Where downloads are kept. ($XDG_CACHE_HOME/macos-virt)", valueName: "directory")) var cache: String?
    @Flag(help: "Print lines of JSON with the progress.") var json = false
    @Flag(name: .shortAndLong, help: "Hide progress.") var quiet = false
    @OptionGroup(title: "Additions to macOS") var provisioning: ProvisioningOptions
    @Option(help: .hidden) var policy: [String] = []

    func validate() throws {
        if fromDmg != nil {
            guard paths.count == 1 else { throw ValidationError("--from-dmg takes one path beside it: the disk to make") }
            guard format == .raw, !compress, !resume, !restart, opencore == nil, screen == nil, provisioning.user == nil,
                provisioning.provision.isEmpty
            else {
                throw ValidationError("--from-dmg makes a raw disk of an image as it is: leave the options of an installation out")
            }
            return
        }
        guard paths.count == 2 else { throw ValidationError("name the installer disk and the image to make") }
        guard FilePath(absolute: paths[0]) != FilePath(absolute: paths[1]) else {
            throw ValidationError("the image to make is the installer disk: give it another name")
        }
        guard !resume || !restart else { throw ValidationError("use either --resume or --restart") }
        guard !compress || format == .qcow2 else { throw ValidationError("--compress needs --format qcow2") }
    }

    func run() async throws {
        if let fromDmg {
            let output = FilePath(absolute: paths[0])
            let progress = StepProgress(steps: DiskFromImage.steps, quiet: quiet || json)
            let disk = DiskFromImage(image: FilePath(absolute: fromDmg), output: output, progress: progress)
            progress.say("\(output): \(try await disk.make())")
            return
        }
        try LicenseTerms.require(accepted: acceptAppleLicense, ask: Question.isPossible ? { Question.isAgreed(LicenseTerms.text) } : nil)
        let progress = InstallProgress(json ? .json : quiet ? .quiet : .text)
        let request = try request()
        guard let settings = try provisioning.settings() else { return try await install(request, progress) }
        let package = try ProvisioningPackage(settings, powersOff: true)
        try await Draft.with(in: FilePath(FileManager.default.temporaryDirectory.path)) { (draft) throws(OperationError) in
            try package.write("setup.pkg", in: draft)
            var request = request
            request.provisioning = try Self.provisioning(package, at: draft.path("setup.pkg"), hiding: settings.secrets)
            try await install(request, progress)
        }
    }

    private static func provisioning(
        _ package: ProvisioningPackage, at path: FilePath, hiding secrets: [String]
    ) throws(OperationError) -> InstallRequest.Provisioning {
        InstallRequest.Provisioning(
            package: try FileSource.input(path), digest: ImageManifest.digest(Array((package.seed.metaData + package.seed.userData).utf8)),
            secrets: secrets)
    }

    private func install(_ request: InstallRequest, _ progress: InstallProgress) async throws(OperationError) {
        let (cache, identity, quiet) = (cache, identity.map { FilePath(absolute: $0) }, quiet || json)
        let builder = InstallBuilder(request, progress: progress, madeBy: "macos-virt \(Version.text)") {
            (path, release) throws(OperationError) in
            try await Self.openCore(path, release, identity, cache: cache, quiet: quiet)
        } verifyDisk: { (path, expected) throws(OperationError) in
            let report = try ImageReport(path)
            try report.require(expected)
        }
        try await builder.build()
        progress.say("\(FilePath(absolute: paths[1])): macOS, installed")
    }

    private func request() throws -> InstallRequest {
        var request = InstallRequest(installer: FilePath(absolute: paths[0]), output: FilePath(absolute: paths[1]))
        (request.size, request.format, request.isCompressed) = (size, format, compress)
        request.openCore = opencore.map { FilePath(absolute: $0) }
        if let openCore = request.openCore {
            let known =
                if let identity { try IdentityFile.read(FilePath(absolute: identity)) } else { try IdentityFile.read(beside: openCore) }
            if let known {
                request.identity = MachineRequest.Identity(uuid: known.uuid, mac: known.mac)
                request.secrets = [known.serial, known.boardSerial]
            }
        }
        request.vcpus = try MachineRequest.vcpus(vcpus)
        if memory != "auto" {
            guard let bytes = ByteSize.parse(memory) else { throw ValidationError("--memory takes auto or a size such as 8G") }
            request.memory = bytes >> 20
        }
        request.screen = try screenAddress()
        (request.hasNetwork, request.emulates) = (!offline, emulate)
        (request.language, request.keys) = (language, keys.map { FilePath(absolute: $0) })
        (request.transcript, request.showsSecrets) = (transcript.map { FilePath(absolute: $0) }, transcriptSecrets)
        (request.resumes, request.restarts) = (resume, restart)
        request.policy = try policy.map { text in
            let parts = text.split(separator: "=", maxSplits: 1)
            guard parts.count == 2, let number = Double(parts[1]) else { throw ValidationError("--policy takes NAME=NUMBER") }
            return (String(parts[0]), number)
        }
        return request
    }

    /// 127.0.0.1:5900, or a path.
    private func screenAddress() throws -> Display.VNC {
        guard let screen else { return .off }
        if screen.contains("/") { return .unix(FilePath(absolute: screen).string) }
        let parts = screen.split(separator: ":", omittingEmptySubsequences: false)
        guard let last = parts.last, let port = Int(last), (5900...65535).contains(port), parts.count > 1 else {
            throw ValidationError("--screen takes ADDRESS:PORT, with a port from 5900 on, or a path with a slash")
        }
        // QEMU's VNC server has no password here.
        let host = parts.dropLast().joined(separator: ":")
        guard ["127.0.0.1", "::1", "[::1]", "localhost"].contains(host) else {
            throw ValidationError("--screen has no password: only 127.0.0.1, ::1 or a Unix socket; from elsewhere, use ssh -L")
        }
        return .tcp(host: host == "[::1]" ? "::1" : host, display: port - 5900)
    }

    /// An OpenCore disk that starts this release, with a new identity or the one that was given; made once.
    private static func openCore(
        _ path: FilePath, _ release: MacOSRelease, _ identity: FilePath?, cache: String?, quiet: Bool
    ) async throws(OperationError) -> InstallBuilder.Mac {
        let known: MacIdentity
        if FileManager.default.fileExists(atPath: path.string), let made = try IdentityFile.read(beside: path) {
            known = made
        } else {
            var request = BuildRequest(output: path)
            request.macOS = release...release
            request.identity.imported = identity
            let store = ReleaseStore(
                cache: CacheDirectory.path(cache), lock: FilePath(absolute: "opencore/sources.lock"), isOffline: false,
                api: ReleaseStore.gitHub)
            _ = try await ImageBuilder(request, store: store, progress: StepProgress(steps: ImageBuilder.steps, quiet: quiet)).build()
            known = try IdentityFile.read(IdentityFile.path(beside: path))
        }
        return (MachineRequest.Identity(uuid: known.uuid, mac: known.mac), [known.serial, known.boardSerial])
    }
}

extension InstallRequest.Format: ExpressibleByArgument {}
