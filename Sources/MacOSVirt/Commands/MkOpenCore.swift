import ArgumentParser
import DiskImage
import Foundation
import HostSupport
public import OpenCoreImage
import SystemPackage

struct MkOpenCore: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "mkopencore", abstract: "Make the OpenCore disk, which starts macOS from UEFI and from BIOS.",
        discussion: """
            OpenCore, Lilu and VirtualSMC come from files (--opencore, --lilu, --virtualsmc) or from acidanthera's releases on
            GitHub, which are fetched once, kept in the cache and checked against the SHA-256 in the lock file.

            A new image gets a new Mac identity, which is kept in NAME.identity.json beside it for later builds.
            """,
        subcommands: [InspectOpenCore.self])

    @Option(name: .shortAndLong, help: "The image to make.") var output = "opencore.img"
    @Option(help: "The image format; `boot` needs raw.") var format = OpenCoreDiskFormat.raw
    @Option(help: "The partition table: mbr or gpt.") var partition = PartitionScheme.mbr
    @OptionGroup(title: "Inputs") var inputs: OpenCoreInputOptions
    @OptionGroup(title: "Identity") var identity: OpenCoreIdentityOptions
    @OptionGroup(title: "Configuration") var settings: OpenCoreSettingOptions
    @Flag(name: .shortAndLong, help: "Hide progress.") var quiet = false

    func run() async throws {
        var request = BuildRequest(output: FilePath(absolute: output))
        (request.format, request.scheme) = (format.format, partition)
        try inputs.apply(to: &request)
        try identity.apply(to: &request)
        try settings.apply(to: &request)
        let progress = StepProgress(steps: ImageBuilder.steps, quiet: quiet)
        let report = try await ImageBuilder(request, store: inputs.store, progress: progress).build()
        for warning in report.warnings { progress.say("note: " + warning) }
        progress.say(
            "\(report.image): OpenCore \(report.version) \(report.build.rawValue), \(report.model.rawValue), "
                + "\(report.kexts.isEmpty ? "no kexts" : report.kexts.joined(separator: ", ")), "
                + "for \(report.startsFromBIOS ? "UEFI and BIOS" : "UEFI")")
        progress.say("\(report.identityFile): its Mac identity, for later builds")
    }
}

extension PartitionScheme: ExpressibleByArgument {}

/// Formats of OpenCore disks: for QEMU.
enum OpenCoreDiskFormat: String, CaseIterable, ExpressibleByArgument {
    case raw, qcow2

    var format: ImageFormat {
        switch self {
        case .raw: .raw
        case .qcow2: .qcow2
        }
    }
}
