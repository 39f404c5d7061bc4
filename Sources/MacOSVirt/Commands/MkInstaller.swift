public import AppleInstaller
import ArgumentParser
import Diagnostics
import Downloads
import Foundation
import HostSupport
import SystemPackage

struct MkInstaller: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "mkinstaller", abstract: "Make a disk that installs macOS, from Apple's servers.",
        discussion: """
            Everything is checked before it is used: signatures up to Apple's root certificate, digests, the checksums of the images, and \
            in the end the version in the finished disk. What arrived is kept in the cache, and an interrupted download goes on where it was.
            """,
        subcommands: [MkInstallerList.self])

    @Option(help: "The version: 15, 13.7.8 or 10.15.") var version: String?
    @Option(help: "The build: 22H730.") var build: String?
    @Flag(help: "Only the small Internet Recovery, which installs over the network.") var recovery = false
    @Option(help: "With --recovery: raw, or opencore for a FAT32 volume with com.apple.recovery.boot.")
    var layout = RecoveryRequest.Layout.raw
    @Option(help: ArgumentHelp("Use this file: InstallAssistant.pkg or BaseSystem.dmg, with its chunklist beside it.", valueName: "file"))
    var from: String?
    @Flag(help: "With --from: use a BaseSystem.dmg that has no chunklist beside it.") var unsigned = false
    @Option(name: .shortAndLong, help: "The image to make. (work/Install_macOS_VERSION-BUILD.img)") var output: String?
    @Flag(help: "Accept Apple's license, instead of being asked.") var acceptAppleLicense = false
    @Flag(help: "Show what would be fetched, and fetch only lists.") var dryRun = false
    @Option(help: "The lock file: what was fetched, to make the same disk again later.") var lock = "work/installers.lock"
    @Flag(help: "Ask Apple's catalog, even if the lock file has such an installer.") var newest = false
    @OptionGroup var source: InstallerSourceOptions
    @Flag(name: .shortAndLong, help: "Hide progress.") var quiet = false

    func validate() throws {
        guard version == nil || build == nil else { throw ValidationError("use either --version or --build") }
        guard from == nil || (version == nil && build == nil && !recovery) else {
            throw ValidationError("--from takes what the file is: leave out --version, --build and --recovery")
        }
        guard !recovery || build == nil else { throw ValidationError("--recovery takes --version: Apple's server chooses the build") }
        guard layout == .raw || recovery else { throw ValidationError("--layout needs --recovery") }
        guard !unsigned || from != nil else { throw ValidationError("--unsigned needs --from") }
    }

    private static let directory = FilePath(absolute: "work")

    func run() async throws {
        let environment = try source.environment()
        if let from { return try await makeFromFile(FilePath(absolute: from), environment) }
        if recovery { return try await makeRecovery(environment) }
        try await makeInstaller(environment)
    }

    private func makeRecovery(_ environment: InstallerEnvironment) async throws {
        guard let version else { throw ValidationError("--recovery needs --version") }
        let request = RecoveryRequest(
            version: try Self.parsed(version), layout: layout, output: output.map { FilePath(absolute: $0) }, directory: Self.directory)
        if dryRun {
            for board in try request.boards() { print("recovery of macOS \(version): \(board.board), \(board.system.rawValue)") }
            return
        }
        try agree()
        let progress = StepProgress(steps: RecoveryBuilder.steps, quiet: quiet)
        let (image, manifest) = try await RecoveryBuilder(environment, progress: progress).build(request)
        try await finish((image, manifest), progress)
    }

    private func makeInstaller(_ environment: InstallerEnvironment) async throws {
        let lock = FilePath(absolute: lock)
        let sources = try await sources(environment, lock)
        if dryRun { return show(sources) }
        try agree()
        let progress = StepProgress(steps: InstallerBuilder.steps, quiet: quiet)
        let builder = InstallerBuilder(environment, progress: progress)
        try await finish(try await builder.build(sources, lock: lock, output: target), progress)
    }

    private func makeFromFile(_ file: FilePath, _ environment: InstallerEnvironment) async throws {
        // The license came with the file.
        let progress = StepProgress(steps: InstallerBuilder.steps - 1, quiet: quiet)
        let builder = InstallerBuilder(environment, progress: progress)
        try await finish(try await builder.build(from: file, unsigned: unsigned, output: target), progress)
    }

    private var target: InstallerBuilder.Output { .init(image: output.map { FilePath(absolute: $0) }, directory: Self.directory) }

    private func finish(_ made: (image: FilePath, manifest: InstallerManifest), _ progress: StepProgress) async throws {
        let kind = made.manifest.partitions.count > 1 ? "the installer" : "the recovery"
        progress.say("\(made.image): \(kind) of macOS \(made.manifest.version) (\(made.manifest.build))")
        progress.say("\(ManifestFile.path(beside: made.image)): where it came from, and what it was checked against")
    }

    /// From the lock file, if it has what is wanted, or else from Apple's catalog.
    private func sources(_ environment: InstallerEnvironment, _ lock: FilePath) async throws -> SourceFiles {
        let version = try version.map { (text) throws(OperationError) in try Self.parsed(text) }
        let build = try build.map { (text) throws(OperationError) in
            guard let build = MacOSBuild(text) else {
                throw OperationError("read", "--build \(text.printable)", cause: "it is not a build such as 22H730", exit: .usage)
            }
            return build
        }
        guard version != nil || build != nil || Question.isPossible else {
            throw ValidationError("name a version with --version or a build with --build; macos-virt mkinstaller list shows them")
        }
        if !newest, version != nil || build != nil {
            let locked = try DownloadLock(reading: lock, isKey: SourceFiles.isKey)
            let known = SourceFiles(locked) { found, foundBuild in
                (version.map { found.isUpdate(of: $0) } ?? true) && (build.map { $0 == foundBuild } ?? true)
            }
            if let known { return known }
        }
        let list = try await environment.catalog.installers(source.seed ?? .none, progress: StepProgress(steps: 0))
        let chosen: Installer? =
            if let version {
                list.newest(version, betas: source.seed != nil)
            } else if let build {
                list.exactly(build)
            } else {
                choose(source.seed == nil ? list.usual : list.installers.filter { $0.parts != nil })
            }
        guard let chosen, let sources = SourceFiles(chosen) else {
            let wanted = version.map { "macOS \($0)" } ?? build.map { "build \($0)" } ?? "an installer"
            throw OperationError(
                "find", wanted, cause: "Apple's catalog does not offer it (any more)",
                remedy: "look at macos-virt mkinstaller list, or name a file with --from", exit: .unavailable)
        }
        return sources
    }

    private func choose(_ installers: [Installer]) -> Installer? {
        let lines = installers.map { MkInstallerList.row($0).joined(separator: "  ") }
        return Question.choice(lines, "Which one? (1 to \(lines.count), or nothing) ").map { installers[$0] }
    }

    private func show(_ sources: SourceFiles) {
        print("\(sources.name), \(sources.product), \(sources.size / 1_000_000) MB:")
        for file in sources.files { print("  \(file.name)  \(file.size)  \(file.url.printable)") }
    }

    private static func parsed(_ version: String) throws(OperationError) -> MacOSVersion {
        guard let parsed = MacOSVersion(version) else {
            throw OperationError("read", "--version \(version.printable)", cause: "it is not a version such as 15 or 13.7.8", exit: .usage)
        }
        return parsed
    }

    private func agree() throws(OperationError) {
        try LicenseTerms.require(accepted: acceptAppleLicense, ask: Question.isPossible ? { Question.isAgreed(LicenseTerms.text) } : nil)
    }
}

extension RecoveryRequest.Layout: ExpressibleByArgument {}
