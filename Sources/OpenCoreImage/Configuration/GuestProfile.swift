package import BootSettings

/// Everything that a config.plist depends on.
package struct GuestProfile: Equatable, Sendable {
    package var version: OpenCoreVersion
    package var build: BuildKind
    package var macOS: ClosedRange<MacOSRelease>
    package var identity: MachineIdentity
    /// In the order of injection.
    package var kexts: [KernelSection.Kext] = []
    /// File names below EFI/OC/Drivers, in the order of loading.
    package var drivers: [String] = []
    /// File names below EFI/OC/ACPI.
    package var tables: [String] = []
    package var picker = Picker()
    /// "1920x1080", or "Max".
    package var resolution = "1920x1080"
    package var integrity = SystemIntegrity.enabled
    /// More of them, behind those that the profile needs.
    package var bootArguments: [String] = []
    /// For a guest whose CPU says AuthenticAMD.
    package var patches: [KernelSection.Patch] = []

    package init(version: OpenCoreVersion, build: BuildKind, macOS: ClosedRange<MacOSRelease>, identity: MachineIdentity) {
        (self.version, self.build, self.macOS, self.identity) = (version, build, macOS, identity)
    }
}
