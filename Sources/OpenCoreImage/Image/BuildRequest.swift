package import BootSettings
import Diagnostics
package import DiskImage
import Foundation
import HostSupport
package import NetworkValues
package import SystemPackage

/// What a user asks `mkopencore` for.
package struct BuildRequest: Sendable {
    package var output: FilePath
    package var format = ImageFormat.raw
    package var scheme = PartitionScheme.mbr
    /// A release, as ZIP or directory; nil fetches it.
    package var openCore: FilePath?
    package var version: OpenCoreVersion?
    package var build = BuildKind.release
    /// nil for all that this OpenCore can start.
    package var macOS: ClosedRange<MacOSRelease>?
    /// nil fetches it; `hasSMC` false leaves both out.
    package var lilu: FilePath?
    package var virtualSMC: FilePath?
    package var hasSMC = true
    package var kexts: [KextSource] = []
    /// Names of the release's drivers, or paths of others.
    package var drivers: [String] = []
    /// Boot code, when it is not in the release.
    package var legacyBoot: FilePath?
    /// OpenCanopy's pictures, when they are not in the release.
    package var resources: FilePath?
    package var identity = IdentityRequest()
    package var picker = Picker()
    package var resolution = "1920x1080"
    package var integrity = SystemIntegrity.enabled
    package var bootArguments: [String] = []
    package var patches: [KernelSection.Patch] = []
    package var assignments: [ConfigurationAssignment] = []
    /// Where the beginning of a boot.toml is written; nil for nowhere.
    package var bootConfiguration: FilePath?

    package init(output: FilePath) { self.output = output }
}

/// Which identity the image gets.
package struct IdentityRequest: Equatable, Sendable {
    /// Taken from this file.
    package var imported: FilePath?
    /// Made afresh, whatever is beside the image.
    package var isNew = false
    /// nil keeps the model that is there, or takes the standard one.
    package var model: MacModel?
    /// nil keeps the address that is there, or draws one.
    package var mac: MACAddress?

    package init() {}

    /// The identity for an image.
    /// - Throws: as `IdentityFile.read`; `usage` when another model is asked of an identity that exists.
    func identity(beside image: FilePath, macOS: ClosedRange<MacOSRelease>) throws(OperationError) -> MachineIdentity {
        let own = IdentityFile.path(beside: image)
        let present = imported ?? (!isNew && FileManager.default.fileExists(atPath: own.string) ? own : nil)
        guard let present else { return .random(model ?? .standard(for: macOS), mac: mac) }
        var identity = try IdentityFile.read(present)
        guard model == nil || model == identity.model else {
            throw OperationError(
                "use identity", present.string, cause: "it is of a \(identity.model.rawValue), whose serial numbers are no other model's",
                remedy: "leave out --model, or make another identity with --new-identity", exit: .usage)
        }
        if let mac { identity.mac = mac }
        return identity
    }
}
