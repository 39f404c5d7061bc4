package import SystemPackage

/// What the user asks for.
package struct MachineRequest: Equatable, Sendable {
    /// A directory of `macos-virt mklinux`, or an image.
    package var linux: FilePath = "build/linux"
    /// Kernel and initrd in place of the image, with further words for the kernel.
    package var isDirect = false
    package var append: String?
    package var macOS: FilePath
    package var openCore: FilePath?
    package var snapshot = false
    /// A boot.toml.
    package var configuration: FilePath?
    package var sets: [GuestConfiguration.Assignment] = []
    package var vcpus: Int?
    /// MiB.
    package var memory: Int?
    /// nil for UEFI, and for the BIOS where QEMU starts the kernel itself.
    package var firmware: LocalFirmware.Kind?
    package var bus = DiskBus.virtioSCSI
    package var forwards: [PortMap.Forward] = []
    package var accelerator = LocalAccelerator.Wish.auto

    package init(macOS: FilePath) { self.macOS = macOS }
}
