package import BootSettings
package import Diagnostics
package import NetworkValues
package import SystemPackage

/// What the user asks for.
package struct MachineRequest: Equatable, Sendable {
    /// What the guest's hardware has to have in common with the Mac that OpenCore describes.
    package struct Identity: Equatable, Sendable {
        package var uuid: String
        package var mac: MACAddress

        package init(uuid: String, mac: MACAddress) { (self.uuid, self.mac) = (uuid, mac) }
    }

    /// A directory of `macos-virt mklinux`, or an image.
    package var linux: FilePath = "build/linux"
    /// Start kernel and initrd in place of the image, with further words for the kernel.
    package var isDirect = false
    package var append: String?
    package var macOS: FilePath
    package var openCore: FilePath?
    /// A disk with an installer or recovery of macOS.
    package var installer: FilePath?
    /// What tells the guest its name and accounts: a directory, a file of user-data, or a disk.
    package var seed: FilePath?
    /// Of the OpenCore disk; nil when it is not known.
    package var identity: Identity?
    package var snapshot = false
    /// A boot.toml.
    package var configuration: FilePath?
    /// `--set`: keys of boot.toml.
    package var sets: [ConfigurationFlag] = []
    package var vcpus: Int?
    /// MiB.
    package var memory: Int?
    /// nil for UEFI, and for the BIOS where QEMU starts the kernel itself.
    package var firmware: LocalFirmware.Kind?
    package var bus = DiskBus.virtioSCSI
    package var forwards: [PortMap.Forward] = []
    package var accelerator = LocalAccelerator.Wish.auto

    package init(macOS: FilePath) { self.macOS = macOS }

    /// The value of --vcpus, as `boot` accepts it; nil for auto.
    /// - Throws: `usage`.
    package static func vcpus(_ text: String) throws(OperationError) -> Int? { try value("--vcpus", text).guest.vcpus }

    /// The value of --memory, as `boot` accepts it, in MiB; nil for auto.
    /// - Throws: `usage`.
    package static func memory(_ text: String) throws(OperationError) -> Int? { try value("--memory", text).guest.memory.map { $0 >> 20 } }

    private static func value(_ flag: String, _ text: String) throws(OperationError) -> Configuration {
        var configuration = Configuration()
        guard let flag = ConfigurationFlag(flag, text) else { return configuration }
        _ = try flag.assignment.apply(to: &configuration)
        return configuration
    }
}
