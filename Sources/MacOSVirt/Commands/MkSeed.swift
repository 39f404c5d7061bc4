import ArgumentParser
import Diagnostics
import DiskFormats
import Foundation
import HostSupport
import Provisioning
import SystemPackage

struct MkSeed: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "mkseed", abstract: "Make a seed disk, which tells a provisioned macOS its name, accounts and keys.",
        discussion: """
            The disk has the label cidata. The agent of a provisioned image applies it at the next start, once for each instance-id; so \
            one image serves many machines. Everyone who can read the disk can read the hash of the password.
            """)

    @Argument(help: "The disk image to make.") var output: String
    @Option(name: .customLong("from"), help: "A directory with user-data, in place of the settings below.") var directory: String?
    @Option(help: "What names the machine: letters, digits, dots, hyphens. (a name that follows from the settings)") var instanceId: String?
    @OptionGroup(title: "Settings") var provisioning: ProvisioningOptions

    func run() async throws {
        let target = FilePath(absolute: output)
        try Destination.check(target)
        let image = try disk()
        try await Draft.with(in: Destination.directory(of: target)) { (draft) throws(OperationError) in
            try DraftFile.write(Data(image), to: draft.path("seed"), mode: 0o600)
            try draft.publish("seed", as: target)
        }
    }

    private func disk() throws(OperationError) -> [UInt8] {
        let settings = try provisioning.settings()
        do throws(SeedDisk.Problem) {
            if let directory {
                guard settings == nil, instanceId == nil else {
                    throw SeedDisk.Problem("it has settings of its own, and there are options", remedy: "leave out --from or the settings")
                }
                return try SeedDisk(directory: FilePath(absolute: directory).string).image()
            }
            guard let settings else { throw SeedDisk.Problem("there is nothing to put on it", remedy: "give --from or settings") }
            guard settings.packages.isEmpty, settings.script == nil, !settings.skipSetupAssistant else {
                throw SeedDisk.Problem(
                    "packages, a script and the Setup Assistant are settings of an installation", remedy: "leave them out")
            }
            let seed = SeedFiles(settings, packages: [], script: nil, instance: instanceId ?? "", powersOff: false)
            var files = ["user-data": Array(seed.userData.utf8)]
            if instanceId != nil { files["meta-data"] = Array(seed.metaData.utf8) }
            return try SeedDisk(files).image()
        } catch {
            throw OperationError("make the seed disk", output, cause: error.cause, remedy: error.remedy, exit: .usage)
        }
    }

    func validate() throws {
        guard let instanceId else { return }
        let isPlain = instanceId.utf8.allSatisfy { byte in
            (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
                || "._-".utf8.contains(byte)
        }
        guard (1...128).contains(instanceId.utf8.count), isPlain else {
            throw ValidationError("--instance-id takes 1 to 128 letters, digits, dots, hyphens and underscores")
        }
    }
}
