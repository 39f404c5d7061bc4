import NetSetup

extension ConfigurationKey {
    /// Every key, in the order that help and README show them.
    static let all: [ConfigurationKey] = guest + storage + network + qemu

    private static let guest = [
        ConfigurationKey("guest.macos", \.guest.macOS, .release, flag: "--macos", "the macOS release whose rules apply"),
        ConfigurationKey("guest.vcpus", \.guest.vcpus, .number(1...1024), or: "auto", flag: "--vcpus", "virtual CPUs of the guest"),
        ConfigurationKey("guest.memory", \.guest.memory, memory, or: "auto", flag: "--memory", "memory of the guest; a bare number is MiB"),
        ConfigurationKey("guest.accel", \.guest.accelerator, .choice, flag: "--accel", "the hypervisor; tcg emulates, very slowly"),
        ConfigurationKey("guest.hugepages", \.guest.hugepages, .choice, "back the guest's memory with huge pages"),
        ConfigurationKey("guest.cpu", \.guest.cpuModel, .name("a CPU model of QEMU's"), or: "auto", "the CPU model that the guest sees"),
        ConfigurationKey("guest.mac", \.guest.mac, .text, or: "auto", "Ethernet address of the guest"),
        ConfigurationKey("guest.uuid", \.guest.uuid, .uuid, or: "auto", "hardware UUID of the guest"),
    ]

    private static let storage = [
        ConfigurationKey("disk.device", \.disk.device, .text, or: "auto", flag: "--disk", "the disk with macOS on it"),
        ConfigurationKey("disk.wait", \.disk.wait, .seconds, "how long the disk may take to appear"),
        ConfigurationKey("disk.minimum", \.disk.minimum, diskSize, "a smaller disk is refused"),
        ConfigurationKey("disk.aio", \.disk.aio, .choice, "how QEMU reads and writes the disk"),
        ConfigurationKey(
            "firmware.bootloader", \.firmware.bootloader, .path, or: "auto", flag: "--bootloader", "the OpenCore disk image"),
        ConfigurationKey("firmware.code", \.firmware.code, .path, or: "auto", "the UEFI firmware; needs firmware.variables"),
        ConfigurationKey("firmware.variables", \.firmware.variables, .path, or: "auto", "the template of the firmware's variables"),
    ]

    private static let network = [
        ConfigurationKey("network.uplink", \.network.uplink, .text, or: "auto", flag: "--uplink", "the interface that leads out"),
        ConfigurationKey("network.wait", \.network.wait, .seconds, "how long a default route may take to appear"),
        ConfigurationKey("network.tap", \.network.tap, .text, "the interface that leads to the guest"),
        ConfigurationKey("network.subnet", \.network.subnet, .subnet, or: "auto", "the network of the guest"),
        ConfigurationKey("network.forwards", \.network.forwards, .forwards, "ports of this machine that lead to the guest"),
        ConfigurationKey("network.mtu", \.network.mtu, .number(1280...65535), or: "auto", "bytes in a packet of the guest's network"),
        ConfigurationKey("network.ipv6", \.network.ipv6, .choice, "IPv6 for the guest"),
        ConfigurationKey("network.nic", \.network.nic, .choice, or: "auto", "the network card that the guest sees"),
        ConfigurationKey("network.allow_host", \.network.allowHost, .toggle, "let the guest reach services of this machine"),
        ConfigurationKey("network.allow_metadata", \.network.allowMetadata, .toggle, "let the guest reach the cloud's metadata service"),
    ]

    private static let qemu = [
        ConfigurationKey("display.vnc", \.display.vnc, .text, "where the screen is served; beyond loopback it needs a password"),
        ConfigurationKey("display.vnc_password_file", \.display.vncPasswordFile, .path, or: "none", "a file with VNC's password"),
        ConfigurationKey("qemu.binary", \.qemu.binary, .path, or: "auto", "the qemu-system-x86_64 to run"),
        ConfigurationKey("qemu.machine", \.qemu.machine, .name("a machine of QEMU's such as pc-q35-7.2"), or: "auto", "the machine type"),
        ConfigurationKey("qemu.user", \.qemu.user, .user, "the user that QEMU runs as"),
        ConfigurationKey("qemu.sandbox", \.qemu.sandbox, .toggle, "confine QEMU with seccomp"),
        ConfigurationKey("qemu.serial", \.qemu.serial, .text, "where the guest's serial port leads"),
        ConfigurationKey("qemu.qmp", \.qemu.qmp, .socket, or: "none", "the control socket of QEMU"),
        ConfigurationKey("qemu.extra", \.qemu.extra, .arguments, "further arguments for QEMU, appended as they are"),
        ConfigurationKey("state.run", \.state.run, .path, "directory of the journal, the lock and the sockets"),
        ConfigurationKey("state.nvram", \.state.nvram, .path, "the guest's UEFI variables"),
    ]

    /// QEMU's -m counts in MiB; 64 TiB is what 46 address bits hold.
    private static let memory = ValueFormat<Int>.size("a size in whole MiB such as 4096M or 8G", 1 << 20...1 << 46, step: 1 << 20)
    private static let diskSize = ValueFormat<Int>.size("a size such as 32M or 8G", 0...1 << 56)
}
