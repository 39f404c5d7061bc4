package import QemuArgs
import SystemPackage

extension LinuxMachine {
    /// PCI slots of the disks that boot finds by name: virtio-blk disks become vda, vdb and so on in this order.
    private static let (openCoreSlot, installerSlot, configurationSlot, seedSlot) = ("0x10", "0x11", "0x12", "0x13")
    /// The OpenCore disk's name in the Linux VM.
    package static let openCorePath = "/dev/vda"
    /// The installer disk's.
    package static func installerPath(behindOpenCore: Bool) -> String { behindOpenCore ? "/dev/vdb" : "/dev/vda" }
    /// The seed's: the configuration comes before it.
    package static func seedPath(behind disks: Int) -> String { "/dev/vd" + ["b", "c", "d"][min(max(disks, 0), 2)] }
    /// The serial number of macOS's disk.
    package static let macOSSerial = "macos"

    private var cpu: CPU {
        guard accelerator == .emulation else {
            var cpu = CPU("host")
            // QEMU hides the invariant TSC, which macOS 26 needs, from a guest that can migrate.
            cpu["migratable"] = .off
            return cpu
        }
        // An AMD CPU, because QEMU emulates SVM and not VMX, with the AVX2 that a recent macOS needs. OVMF hangs on "max".
        var cpu = CPU("Haswell-noTSX")
        cpu["vendor"] = .value("AuthenticAMD")
        cpu["svm"] = .on
        cpu["npt"] = .on
        return cpu
    }

    /// QEMU's arguments.
    /// - Throws: for a value that QEMU would refuse.
    package func commandLine() throws(QemuArgsError) -> QemuCommandLine {
        var line = QemuCommandLine()
        try line.append(QemuArgument.withoutDefaults)
        try line.append([
            QemuArgument("-name", "macos-virt"), QemuArgument("-machine", "q35"),
            QemuArgument("-accel", accelerator == .kvm ? OptionString("kvm") : OptionString("tcg").with("thread", "multi")),
        ])
        try line.append(cpu.argument())
        try line.append(QemuArgument("-smp", String(vcpus)))
        try line.append(Memory(mebibytes: memoryMiB).arguments())
        try line.append([
            QemuArgument("-uuid", uuid), .utcClock, .noWindow,
            // Linux never restarts by itself: what looks like a restart is a crash, which would repeat forever.
            QemuArgument("-no-reboot"), .strictBootOrder,
        ])
        try line.append(start())
        try line.append(disks())
        try line.append(Netdev.user(ports.forwards.map { HostForward(hostPort: $0.here, guestPort: $0.there) }).argument(id: "uplink"))
        try line.append(.device(.virtioNetwork, OptionString().with("id", "nic").with("netdev", "uplink").with("romfile", "")))
        try line.append(Serial.stdio.arguments(id: "console"))
        try line.append(QMPSocket(path: control.string, id: "control").arguments())
        // QEMU starts no program here and needs no further rights.
        try line.append(Sandbox(for: nil).argument())
        return line
    }

    private func start() throws(QemuArgsError) -> [QemuArgument] {
        var arguments: [QemuArgument] = []
        if case .uefi(let code, let variables) = firmware {
            arguments = try Firmware.ovmf(code: code.string, variables: variables.string).arguments()
        }
        if case .kernel(let kernel, let initrd, let words) = linux {
            arguments += [
                QemuArgument("-kernel", OptionString(verbatim: kernel.string)),
                QemuArgument("-initrd", OptionString(verbatim: initrd.string)),
                QemuArgument("-append", OptionString(verbatim: words)),
            ]
        }
        return arguments
    }

    private func disks() -> [QemuArgument] {
        var arguments = bus.controllers()
        var slot = 0
        if case .disk(let image) = linux {
            // Linux keeps the guest's UEFI variables on it.
            arguments.append(.drive(drive("linux", image).with("snapshot", snapshot ? true : nil)))
            arguments.append(bus.device("linux", slot: slot, bootIndex: 0))
            slot += 1
        }
        let system = drive(Self.macOSSerial, macOS).with("snapshot", snapshot ? true : nil).with("discard", "unmap")
        arguments += [.drive(system), bus.device(Self.macOSSerial, slot: slot, bootIndex: nil)]
        if let openCore { arguments += small("opencore", openCore, Self.openCoreSlot) }
        if let installer { arguments += small("installer", installer, Self.installerSlot) }
        arguments += small("configuration", DiskFile(path: configuration, format: .raw), Self.configurationSlot)
        if let seed { arguments += small("seed", seed, Self.seedSlot) }
        return arguments
    }

    private func drive(_ name: String, _ disk: DiskFile) -> OptionString {
        OptionString().with("id", name + "-drive").with("if", "none").with("format", disk.format.rawValue).with("file", disk.path.string)
    }

    /// A read-only disk.
    private func small(_ name: String, _ disk: DiskFile, _ slot: String) -> [QemuArgument] {
        [
            .drive(drive(name, disk).with("readonly", true)),
            .device(
                .virtioBlock, OptionString().with("id", name).with("addr", slot).with("drive", name + "-drive").with("serial", name)),
        ]
    }
}
