package import QemuArgs
import SystemPackage

extension LinuxMachine {
    /// Places on the PCI bus of the disks that boot finds by name: virtio-blk disks are vda and vdb in this order.
    private static let (openCoreSlot, configurationSlot) = ("0x10", "0x11")
    /// The name of OpenCore's disk in the Linux VM.
    package static let openCorePath = "/dev/vda"
    /// The serial number of macOS's disk.
    package static let macOSSerial = "macos"

    /// An AMD CPU, because QEMU emulates SVM and not VMX, with the AVX2 that a recent macOS needs. Of "max" OVMF hangs.
    private static let emulatedCPU = OptionString("Haswell-noTSX").with("vendor", "AuthenticAMD").with("svm", true).with("npt", true)
    /// Not migratable: else QEMU keeps the invariant TSC from the guest, which macOS 26 needs.
    private static let hostCPU = OptionString("host").with("migratable", false)

    /// QEMU's arguments.
    /// - Throws: for a value that QEMU would refuse.
    package func commandLine() throws(QemuArgsError) -> QemuArgs.CommandLine {
        var line = QemuArgs.CommandLine()
        try line.append([
            Argument("-nodefaults"), Argument("-no-user-config"), Argument("-name", "macos-virt"),
            Argument("-machine", "q35"),
            Argument("-accel", accelerator == .kvm ? OptionString("kvm") : OptionString("tcg").with("thread", "multi")),
            Argument("-cpu", accelerator == .kvm ? Self.hostCPU : Self.emulatedCPU),
            Argument("-smp", String(vcpus)), Argument("-m", "\(memory)M"), Argument("-uuid", uuid),
            Argument("-rtc", OptionString().with("base", "utc")), Argument("-display", "none"),
            // Linux never restarts by itself: what looks like it is a crash, which would repeat for ever.
            Argument("-no-reboot"),
            Argument("-boot", OptionString().with("menu", false).with("strict", true)),
        ])
        try line.append(start())
        try line.append(disks())
        try line.append([
            Argument("-netdev", network),
            .device(OptionString("virtio-net-pci").with("id", "nic").with("netdev", "uplink").with("romfile", "")),
            .chardev(OptionString("stdio").with("id", "console").with("signal", false)), Argument("-serial", "chardev:console"),
            .chardev(
                OptionString("socket").with("id", "control").with("path", control.string).with("server", true).with("wait", false)),
            Argument("-mon", OptionString().with("chardev", "control").with("mode", "control")),
            // It starts no program and needs no more rights than it has.
            Argument(
                "-sandbox",
                OptionString("on").with("obsolete", "deny").with("elevateprivileges", "deny").with("spawn", "deny")
                    .with("resourcecontrol", "deny")),
        ])
        return line
    }

    private func start() -> [Argument] {
        var arguments: [Argument] = []
        if case .uefi(let code, let variables) = firmware {
            let flash = OptionString().with("if", "pflash").with("format", "raw")
            arguments = [
                .drive(flash.with("unit", 0).with("readonly", true).with("file", code.string)),
                .drive(flash.with("unit", 1).with("file", variables.string)),
            ]
        }
        if case .kernel(let kernel, let initrd, let words) = linux {
            arguments += [
                Argument("-kernel", OptionString(verbatim: kernel.string)), Argument("-initrd", OptionString(verbatim: initrd.string)),
                Argument("-append", OptionString(verbatim: words)),
            ]
        }
        return arguments
    }

    private func disks() -> [Argument] {
        var arguments = bus.controllers()
        var slot = 0
        if case .disk(let image) = linux {
            // What Linux writes to it are the guest's UEFI variables.
            arguments.append(.drive(drive("linux", image).with("snapshot", snapshot ? true : nil)))
            arguments.append(bus.device("linux", slot: slot, bootIndex: 0))
            slot += 1
        }
        let system = drive(Self.macOSSerial, macOS).with("snapshot", snapshot ? true : nil).with("discard", "unmap")
        arguments += [.drive(system), bus.device(Self.macOSSerial, slot: slot, bootIndex: nil)]
        if let openCore { arguments += small("opencore", openCore, Self.openCoreSlot) }
        return arguments + small("configuration", DiskFile(path: configuration, format: .raw), Self.configurationSlot)
    }

    private func drive(_ name: String, _ disk: DiskFile) -> OptionString {
        OptionString().with("id", name + "-drive").with("if", "none").with("format", disk.format.rawValue).with("file", disk.path.string)
    }

    /// A disk that is only read.
    private func small(_ name: String, _ disk: DiskFile, _ slot: String) -> [Argument] {
        [
            .drive(drive(name, disk).with("readonly", true)),
            .device(
                OptionString("virtio-blk-pci").with("id", name).with("addr", slot).with("drive", name + "-drive").with("serial", name)),
        ]
    }

    private var network: OptionString {
        ports.forwards.reduce(OptionString("user").with("id", "uplink")) {
            $0.with("hostfwd", HostForward(hostPort: $1.here, guestPort: $1.there).text)
        }
    }
}

private typealias Argument = QemuArgs.CommandLine.Argument
