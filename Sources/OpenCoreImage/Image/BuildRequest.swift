package import BootSettings
import Diagnostics
package import DiskImage
import Foundation
import HostSupport
package import NetworkValues
package import SystemPackage

/// What a user asks of `mkopencore`.
package struct BuildRequest: Sendable {
    package var output: FilePath
    package var format = ImageFormat.raw
    package var scheme = PartitionScheme.mbr
    /// A release, as ZIP or directory; nil to fetch it.
    package var openCore: FilePath?
    package var version: OpenCoreVersion?
    package var build = Release.Build.release
    /// nil for all releases that this OpenCore can start.
    package var macOS: ClosedRange<MacOSRelease>?
    /// nil to fetch it; if `hasSMC` is false, both are left out.
    package var lilu: FilePath?
    package var virtualSMC: FilePath?
    package var hasSMC = true
    package var kexts: [KextSource] = []
    /// Names of drivers in the release, or paths of others.
    package var drivers: [String] = []
    /// A directory with boot code, if not the release's.
    package var legacyBoot: FilePath?
    /// A directory with OpenCanopy's icons, if not the release's.
    package var resources: FilePath?
    package var identity = IdentityRequest()
    package var picker = Picker()
    package var scan = ScanPolicy.any
    package var resolution = "1920x1080"
    package var integrity = SystemIntegrity.enabled
    package var bootArguments: [String] = []
    package var patches: [KernelSection.Patch] = []
    package var settings: [OpenCoreSetting] = []
    /// Where to write the beginning of a boot.toml; nil for nowhere.
    package var bootConfiguration: FilePath?

    package init(output: FilePath) { self.output = output }

    /// Everything that is written.
    var outputs: [FilePath] { [output, IdentityFile.path(beside: output)] + (bootConfiguration.map { [$0] } ?? []) }
}

/// Which identity an image gets.
package struct IdentityRequest: Equatable, Sendable {
    /// A file to read it from.
    package var imported: FilePath?
    /// A new one, even if there is one beside the image.
    package var isNew = false
    /// nil for the present model, or else the default.
    package var model: MacModel?
    /// nil for the present address, or else a random one.
    package var mac: MACAddress?

    package init() {}

    /// The identity for an image.
    /// - Throws: as `IdentityFile.read`; `usage` when the identity exists and has another model than the one asked for.
    func identity(beside image: FilePath, macOS: ClosedRange<MacOSRelease>) throws(OperationError) -> MacIdentity {
        let own = IdentityFile.path(beside: image)
        let present = imported ?? (!isNew && FileManager.default.fileExists(atPath: own.string) ? own : nil)
        guard let present else { return .random(model ?? .standard(for: macOS), mac: mac) }
        var identity = try IdentityFile.read(present)
        guard model == nil || model == identity.model else {
            throw OperationError(
                "use identity", present.string, cause: "it is that of a \(identity.model.rawValue), and serial numbers belong to a model",
                remedy: "leave out --model, or make a new identity with --new-identity", exit: .usage)
        }
        if let mac { identity.mac = mac }
        return identity
    }
}

/// The result of a request.
package struct BuildReport: Sendable {
    package var image: FilePath
    package var identityFile: FilePath
    package var version: OpenCoreVersion
    /// How the version is known.
    package var evidence: OpenCoreRelease.Evidence
    package var build: Release.Build
    package var model: MacModel
    package var kexts: [String]
    /// Whether it starts from BIOS as well.
    package var startsFromBIOS: Bool
    /// Whether ocvalidate has checked the configuration.
    package var isValidated: Bool
    /// For the user.
    package var warnings: [String]
}
