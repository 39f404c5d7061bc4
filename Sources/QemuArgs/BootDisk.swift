/// The disk with OpenCore on it. QEMU never writes to it.
public struct BootDisk: Codable, Equatable, Sendable {
    public enum Bus: String, Codable, Equatable, Sendable {
        /// virtio-blk, read-only: needs a firmware with a virtio driver, which OVMF is. No temporary file.
        case virtio
        /// SATA, what a BIOS and OpenDuet can read. `ide-hd` refuses a read-only drive ("Block node is read-only"), so writes go to a
        /// temporary file that QEMU unlinks at once: `TMPDIR`, or else /var/tmp, has to be writable.
        case sata
    }
    /// Absolute.
    public var path: String
    public var bus: Bus

    public init(path: String, bus: Bus) {
        self.path = path
        self.bus = bus
    }

    /// On the bus that this firmware can start from without a temporary file, if there is one.
    public init(path: String, firmware: Firmware) { self.init(path: path, bus: firmware == .seaBIOS ? .sata : .virtio) }

    func arguments(bootIndex: Int) throws(QemuArgsError) -> [Argument] {
        let drive = OptionString().with("id", "boot-drive").with("if", "none").with("format", "raw")
        let file = try Check.path("boot disk", path)
        switch bus {
        case .virtio:
            return [
                .drive(drive.with("readonly", true).with("file", file)),
                .device(
                    OptionString("virtio-blk-pci").with("id", "boot").with("addr", PCISlot.bootDisk.address)
                        .with("drive", "boot-drive").with("bootindex", bootIndex)),
            ]
        case .sata:
            return [
                .drive(drive.with("snapshot", true).with("file", file)),
                // Port 0 of the AHCI controller that q35 has built in (00:1f.2); -nodefaults leaves it there.
                .device(
                    OptionString("ide-hd").with("id", "boot").with("bus", "ide.0").with("drive", "boot-drive").with("bootindex", bootIndex)),
            ]
        }
    }
}
