public import ConfigurationText
public import DiskImage
import Foundation
import HostSupport
public import SystemPackage

/// What a user asks `mkopencore` for.
public struct BuildRequest: Sendable {
    public var output: FilePath
    public var format = ImageFormat.raw
    public var scheme = PartitionScheme.mbr
    /// A release, as ZIP or directory; nil fetches it.
    public var openCore: FilePath?
    public var version: OpenCoreVersion?
    public var build = BuildKind.release
    /// nil for all that this OpenCore can start.
    public var macOS: ClosedRange<MacOSRelease>?
    /// nil fetches it; `hasSMC` false leaves both out.
    public var lilu: FilePath?
    public var virtualSMC: FilePath?
    public var hasSMC = true
    public var kexts: [KextSource] = []
    /// Names of the release's drivers, or paths of others.
    public var drivers: [String] = []
    /// Boot code, when it is not in the release.
    public var legacyBoot: FilePath?
    /// OpenCanopy's pictures, when they are not in the release.
    public var resources: FilePath?
    public var identity = IdentityRequest()
    public var picker = Picker()
    public var resolution = "1920x1080"
    public var integrity = SystemIntegrity.enabled
    public var bootArguments: [String] = []
    public var patches: [KernelSection.Patch] = []
    public var assignments: [ConfigurationAssignment] = []
    /// Where the beginning of a boot.toml is written; nil for nowhere.
    public var bootConfiguration: FilePath?

    public init(output: FilePath) { self.output = output }
}

/// Which identity the image gets.
public struct IdentityRequest: Equatable, Sendable {
    /// Taken from this file.
    public var imported: FilePath?
    /// Made afresh, whatever is beside the image.
    public var isNew = false
    /// nil keeps the model that is there, or takes the standard one.
    public var model: MacModel?
    /// nil keeps the address that is there, or draws one.
    public var mac: HardwareAddress?

    public init() {}

    /// The identity for an image.
    /// - Throws: as `IdentityFile.read`; `usage` when another model is asked of an identity that exists.
    func identity(beside image: FilePath, macOS: ClosedRange<MacOSRelease>) throws(HostError) -> MachineIdentity {
        let own = IdentityFile.path(beside: image)
        let present = imported ?? (!isNew && FileManager.default.fileExists(atPath: own.string) ? own : nil)
        guard let present else { return .random(model ?? .standard(for: macOS), mac: mac) }
        var identity = try IdentityFile.read(present)
        guard model == nil || model == identity.model else {
            throw HostError(
                "use identity", present.string, cause: "it is of a \(identity.model.rawValue), whose serial numbers are no other model's",
                remedy: "leave out --model, or make another identity with --new-identity", exit: .usage)
        }
        if let mac { identity.mac = mac }
        return identity
    }
}
