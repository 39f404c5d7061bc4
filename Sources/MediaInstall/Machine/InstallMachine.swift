package import BootSettings
package import Diagnostics
package import LinuxVM
package import NetworkValues
package import QemuArgs
package import SystemPackage

/// The virtual machine that macOS is installed in: the hardware that `boot` gives it later, so that the installed system never sees
/// another machine.
package struct InstallMachine: Sendable {
    package var host: InstallHost
    package var release: MacOSRelease
    package var vcpus: Int
    package var memoryMiB: Int
    package var uuid: String
    package var mac: MACAddress
    package var openCore: DiskFile
    package var installer: DiskFile
    /// macOS's disk: a raw image.
    package var disk: FilePath
    /// With the volume P and the mailbox.
    package var scriptDisk: FilePath
    /// The guest's UEFI variables, kept over all restarts.
    package var variables: FilePath
    /// Where QEMU listens for QMP.
    package var control: FilePath
    /// What the guest writes to its serial port.
    package var serial: FilePath
    package var screen: Display.VNC
    /// Whether the guest reaches other machines.
    package var hasNetwork: Bool

    package init(
        host: InstallHost, release: MacOSRelease, vcpus: Int, memoryMiB: Int, uuid: String, mac: MACAddress, openCore: DiskFile,
        installer: DiskFile, disk: FilePath, scriptDisk: FilePath, variables: FilePath, control: FilePath, serial: FilePath,
        screen: Display.VNC, hasNetwork: Bool
    ) {
        (self.host, self.release, self.vcpus, self.memoryMiB) = (host, release, vcpus, memoryMiB)
        (self.uuid, self.mac, self.openCore, self.installer) = (uuid, mac, openCore, installer)
        (self.disk, self.scriptDisk, self.variables, self.control) = (disk, scriptDisk, variables, control)
        (self.serial, self.screen, self.hasNetwork) = (serial, screen, hasNetwork)
    }

    /// By which the script knows macOS's disk, beside its size. Without the installer the disk has none, as `boot` gives it none.
    package static let diskSerial = "macos-virt"

    /// The CPU, with what this machine lacks.
    package var processor: MacCPU.Choice { MacCPU.choose(host.processor, MacCPU.Request(darwin: release.darwin, vcpus: vcpus)) }

    /// QEMU's arguments.
    /// - Throws: `usage` for a value that QEMU would refuse.
    package func commandLine(_ part: InstallationPart) throws(OperationError) -> QemuCommandLine {
        let isRecovery = part == .recovery
        let firmware = Firmware.ovmf(code: host.firmware.code.string, variables: variables.string)
        let controller = DiskController(for: firmware)
        let guest = MacGuest(
            name: "macos", uuid: uuid, qemu: host.qemu.version, machine: Machine(type: host.qemu.machine, accelerator: host.accelerator),
            cpu: processor.cpu, topology: Topology(vcpus: vcpus), memory: Memory(mebibytes: memoryMiB), firmware: firmware,
            openCoreDisk: UnwrittenDisk(.openCore, path: openCore.path.string, format: openCore.format, controller: controller),
            systemDisk: SystemDisk(
                path: disk.string, controller: controller, io: .threads, direct: false, detectsZeroes: true, stopsOnError: true,
                serial: isRecovery ? Self.diskSerial : nil),
            installerDisk: isRecovery
                ? UnwrittenDisk(.installer, path: installer.path.string, format: installer.format, controller: controller) : nil,
            exchangeDisk: isRecovery ? ExchangeDisk(path: scriptDisk.string, controller: controller) : nil, endsAtReset: isRecovery,
            network: Network(
                netdev: hasNetwork ? .user([]) : .isolated, model: release < .bigSur ? .vmxnet3 : .virtio, mac: mac.description),
            display: Display(card: host.qemu.card, vnc: screen), serial: .file(serial.string),
            qmp: QMPSocket(path: control.string, id: "control"))
        do {
            return try guest.commandLine()
        } catch {
            throw OperationError("plan", "QEMU's command line", cause: error.description, exit: .usage)
        }
    }
}
