package import SystemPackage

/// The Linux VM on this machine as values: what QEMU's command line is made from.
package struct LinuxMachine: Equatable, Sendable {
    package var accelerator: LocalAccelerator.Kind
    package var vcpus: Int
    /// MiB.
    package var memory: Int
    package var firmware: LocalFirmware
    package var linux: LinuxStart
    /// The controller of Linux's and macOS's disk.
    package var bus: DiskBus
    package var macOS: DiskFile
    /// Nothing that is written reaches the disks: neither macOS's, nor Linux's, which keeps the guest's UEFI variables.
    package var snapshot = false
    package var openCore: DiskFile?
    /// A raw image.
    package var configuration: FilePath
    package var ports: PortMap
    package var uuid: String
    /// The Unix socket of QEMU's monitor protocol.
    package var control: FilePath

    package init(
        accelerator: LocalAccelerator.Kind, vcpus: Int, memory: Int, firmware: LocalFirmware, linux: LinuxStart, bus: DiskBus,
        macOS: DiskFile, snapshot: Bool = false, openCore: DiskFile? = nil, configuration: FilePath, ports: PortMap, uuid: String,
        control: FilePath
    ) {
        (self.accelerator, self.vcpus, self.memory, self.firmware) = (accelerator, vcpus, memory, firmware)
        (self.linux, self.bus, self.macOS, self.snapshot) = (linux, bus, macOS, snapshot)
        (self.openCore, self.configuration) = (openCore, configuration)
        (self.ports, self.uuid, self.control) = (ports, uuid, control)
    }
}
