package import SystemPackage

/// The Linux VM on this machine as values, from which QEMU's command line is built.
package struct LinuxMachine: Equatable, Sendable {
    package var accelerator: LocalAccelerator.Kind
    package var vcpus: Int
    package var memoryMiB: Int
    package var firmware: LocalFirmware
    package var linux: LinuxStart
    /// The controller of Linux's and macOS's disk.
    package var bus: DiskBus
    package var macOS: DiskFile
    /// Writes to macOS's disk, and to Linux's with the guest's UEFI variables, are discarded when QEMU ends.
    package var snapshot = false
    package var openCore: DiskFile?
    package var installer: DiskFile?
    package var seed: DiskFile?
    /// A raw image.
    package var configuration: FilePath
    package var ports: PortMap
    package var uuid: String
    /// The Unix socket where QEMU listens for QMP.
    package var control: FilePath

    package init(
        accelerator: LocalAccelerator.Kind, vcpus: Int, memoryMiB: Int, firmware: LocalFirmware, linux: LinuxStart, bus: DiskBus,
        macOS: DiskFile, snapshot: Bool = false, openCore: DiskFile? = nil, installer: DiskFile? = nil, seed: DiskFile? = nil,
        configuration: FilePath,
        ports: PortMap, uuid: String,
        control: FilePath
    ) {
        (self.accelerator, self.vcpus, self.memoryMiB, self.firmware) = (accelerator, vcpus, memoryMiB, firmware)
        (self.linux, self.bus, self.macOS, self.snapshot) = (linux, bus, macOS, snapshot)
        (self.openCore, self.installer, self.seed, self.configuration) = (openCore, installer, seed, configuration)
        (self.ports, self.uuid, self.control) = (ports, uuid, control)
    }
}
