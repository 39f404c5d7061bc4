public import ConfigurationText

/// Everything that a config.plist depends on.
public struct GuestProfile: Equatable, Sendable {
    public var version: OpenCoreVersion
    public var build: BuildKind
    public var macOS: ClosedRange<MacOSRelease>
    public var identity: MachineIdentity
    /// In the order of injection.
    public var kexts: [KernelSection.Kext] = []
    /// File names below EFI/OC/Drivers, in the order of loading.
    public var drivers: [String] = []
    /// File names below EFI/OC/ACPI.
    public var tables: [String] = []
    public var picker = Picker()
    /// "1920x1080", or "Max".
    public var resolution = "1920x1080"
    public var integrity = SystemIntegrity.enabled
    /// More of them, behind those that the profile needs.
    public var bootArguments: [String] = []
    /// For a guest whose CPU says AuthenticAMD.
    public var patches: [KernelSection.Patch] = []

    public init(version: OpenCoreVersion, build: BuildKind, macOS: ClosedRange<MacOSRelease>, identity: MachineIdentity) {
        (self.version, self.build, self.macOS, self.identity) = (version, build, macOS, identity)
    }
}
