import BootSettings
import QemuArgs

extension MachineQuestions {
    /// What the plan of this configuration may ask.
    init(_ configuration: Configuration) {
        modules = ModuleTable.names
        nodes = DeviceNode.all.map(\.path)
        // From the very values that write the command line, and from the user's own words.
        qemuDevices = Set(QemuDevice.allCases.map(\.rawValue) + QemuCommandLine.devices(in: configuration.qemu.extra))
        accounts = Set(QemuChoice.accounts + FileFacts.dnsmasqAccounts + ["root", configuration.qemu.user])
        openCoreDisk = configuration.firmware.bootloader ?? FirmwareChoice.standardOpenCoreDisk
        installer = configuration.disk.installer
        seed = configuration.guest.seed
        dnsmasq = ["/usr/sbin/dnsmasq", "/usr/bin/dnsmasq", "/usr/local/sbin/dnsmasq", "/sbin/dnsmasq"]
    }
}
