extension ConfigurationKey {
    /// Every key, in the order that help and docs/configuration.md show them.
    package static let all: [ConfigurationKey] = guest + storage + network + qemu

    private static let guest = [
        ConfigurationKey("guest.macos", { $1(&$0.guest.macOS) }, .release, flag: "--macos", "the macOS release whose rules apply"),
        ConfigurationKey(
            "guest.vcpus", { $1(&$0.guest.vcpus) }, .number(1...1024), or: "auto", flag: "--vcpus", "virtual CPUs of the guest"),
        ConfigurationKey(
            "guest.memory", { $1(&$0.guest.memory) }, memory, or: "auto", flag: "--memory", "memory of the guest; a bare number is MiB"),
        ConfigurationKey(
            "guest.accel", { $1(&$0.guest.accelerator) }, .choice, flag: "--accel", "the hypervisor; tcg emulates, very slowly"),
        ConfigurationKey("guest.hugepages", { $1(&$0.guest.hugepages) }, .choice, "back the guest's memory with huge pages"),
        ConfigurationKey(
            "guest.cpu", { $1(&$0.guest.cpuModel) }, .name("a CPU model of QEMU's"), or: "auto", "the CPU model that the guest sees"),
        ConfigurationKey("guest.mac", { $1(&$0.guest.mac) }, .text, or: "auto", "Ethernet address of the guest"),
        ConfigurationKey("guest.uuid", { $1(&$0.guest.uuid) }, .uuid, or: "auto", "hardware UUID of the guest"),
        ConfigurationKey(
            "guest.osk_file", { $1(&$0.guest.oskFile) }, .path, or: "none",
            "your own SMC key in a file (mode 0600), in place of VirtualSMC"),
    ]

    private static let storage = [
        ConfigurationKey("disk.device", { $1(&$0.disk.device) }, .text, or: "auto", flag: "--disk", "the disk with macOS on it"),
        ConfigurationKey("disk.wait", { $1(&$0.disk.wait) }, .seconds, "how long the disk may take to appear"),
        ConfigurationKey("disk.minimum", { $1(&$0.disk.minimum) }, diskSize, "a smaller disk is refused"),
        ConfigurationKey("disk.aio", { $1(&$0.disk.aio) }, .choice(or: "auto"), "how QEMU reads and writes the disk"),
        ConfigurationKey("firmware.type", { $1(&$0.firmware.type) }, .choice, "what starts the OpenCore disk"),
        ConfigurationKey(
            "firmware.bootloader", { $1(&$0.firmware.bootloader) }, .path, or: "auto", flag: "--bootloader", "the OpenCore disk image"),
        ConfigurationKey("firmware.code", { $1(&$0.firmware.code) }, .path, or: "auto", "the UEFI firmware; needs firmware.variables"),
        ConfigurationKey(
            "firmware.variables", { $1(&$0.firmware.variables) }, .path, or: "auto", "the template of the firmware's variables"),
    ]

    private static let network = [
        ConfigurationKey("network.uplink", { $1(&$0.network.uplink) }, .text, or: "auto", flag: "--uplink", "the interface that leads out"),
        ConfigurationKey("network.wait", { $1(&$0.network.wait) }, .seconds, "how long a default route may take to appear"),
        ConfigurationKey("network.tap", { $1(&$0.network.tap) }, .text, "the interface that leads to the guest"),
        ConfigurationKey("network.subnet", { $1(&$0.network.subnet) }, .subnet, or: "auto", "the network of the guest"),
        ConfigurationKey("network.forwards", { $1(&$0.network.forwards) }, .forwards, "ports of this machine that lead to the guest"),
        ConfigurationKey(
            "network.mtu", { $1(&$0.network.mtu) }, .number(1280...65535), or: "auto", "bytes in a packet of the guest's network"),
        ConfigurationKey("network.ipv6", { $1(&$0.network.ipv6) }, .choice, "IPv6 for the guest"),
        ConfigurationKey("network.nic", { $1(&$0.network.nic) }, .nic, or: "auto", "the network card that the guest sees"),
        ConfigurationKey("network.allow_host", { $1(&$0.network.allowHost) }, .toggle, "let the guest reach services of this machine"),
        ConfigurationKey(
            "network.allow_metadata", { $1(&$0.network.allowMetadata) }, .toggle, "let the guest reach the cloud's metadata service"),
    ]

    private static let qemu = [
        ConfigurationKey("display.vnc", { $1(&$0.display.vnc) }, .vnc, "where the screen is served; beyond loopback it needs a password"),
        ConfigurationKey("display.vnc_password_file", { $1(&$0.display.vncPasswordFile) }, .path, or: "none", "a file with VNC's password"),
        ConfigurationKey("qemu.binary", { $1(&$0.qemu.binary) }, .path, or: "auto", "the qemu-system-x86_64 to run"),
        ConfigurationKey(
            "qemu.machine", { $1(&$0.qemu.machine) }, .name("a machine of QEMU's such as pc-q35-7.2"), or: "auto", "the machine type"),
        ConfigurationKey("qemu.user", { $1(&$0.qemu.user) }, .user, "the user that QEMU runs as"),
        ConfigurationKey("qemu.sandbox", { $1(&$0.qemu.sandbox) }, .toggle, "confine QEMU with seccomp"),
        ConfigurationKey("qemu.serial", { $1(&$0.qemu.serial) }, .serial, "where the guest's serial port leads"),
        ConfigurationKey("qemu.qmp", { $1(&$0.qemu.qmp) }, .socket, or: "none", "the control socket of QEMU"),
        ConfigurationKey("qemu.extra", { $1(&$0.qemu.extra) }, .arguments, "further arguments for QEMU, appended as they are"),
        ConfigurationKey("state.run", { $1(&$0.state.run) }, .path, "directory of the journal, the lock and the sockets"),
        ConfigurationKey("state.nvram", { $1(&$0.state.nvram) }, .path, "the guest's UEFI variables"),
    ]

    /// QEMU's -m counts in MiB; 64 TiB is what 46 address bits hold.
    private static let memory = ValueFormat<Int>.size("a size in whole MiB such as 4096M or 8G", 1 << 20...1 << 46, step: 1 << 20)
    private static let diskSize = ValueFormat<Int>.size("a size such as 32M or 8G", 0...1 << 56)
}
