/// How QEMU issues the reads and writes of a disk.
public enum DiskIO: String, Codable, Equatable, Sendable, CaseIterable {
    case native, threads
    case ioUring = "io_uring"
}

/// The disk with macOS on it: a raw device or file, behind virtio-blk with a thread of its own or on SATA.
///
/// The drive and its device are written together, tied by one id: neither can dangle.
public struct SystemDisk: Codable, Equatable, Sendable {
    public enum Bus: String, Codable, Equatable, Sendable {
        case virtio
        /// What a BIOS and OpenDuet can read. AHCI knows no I/O threads.
        case sata
    }

    /// Absolute: `/dev/sdb`.
    public var path: String
    public var bus: Bus
    public var io: DiskIO
    /// Past the host's page cache (O_DIRECT), which `native` needs. False for a file on tmpfs, which has no such mode.
    public var direct: Bool
    public var readOnly: Bool
    /// At most 20 bytes; nil for none.
    public var serial: String?

    public init(path: String, bus: Bus = .virtio, io: DiskIO, direct: Bool = true, readOnly: Bool = false, serial: String? = nil) {
        self.path = path
        self.bus = bus
        self.io = io
        self.direct = direct
        self.readOnly = readOnly
        self.serial = serial
    }

    func arguments(bootIndex: Int) throws(QemuArgsError) -> [Argument] {
        guard direct || io != .native else { throw .conflict("aio=native needs O_DIRECT: use io_uring or threads on \(path)") }
        let drive = OptionString().with("id", "system-drive").with("if", "none").with("format", "raw")
            .with("cache", direct ? "none" : "writeback").with("aio", io.rawValue)
            // TRIM of the guest frees blocks of the host, and so does a block of zeroes.
            .with("discard", "unmap").with("detect-zeroes", readOnly ? "off" : "unmap")
            .with("readonly", readOnly ? true : nil)
            .with("file", try Check.path("system disk", path))
        let serial = try Check.serial(serial)
        switch bus {
        case .virtio:
            return [
                // Disk requests leave QEMU's main loop, where VNC, QMP and the other devices would delay them.
                .object(OptionString("iothread").with("id", "system-io")),
                .drive(drive),
                .device(
                    OptionString("virtio-blk-pci").with("id", "system").with("addr", PCISlot.systemDisk.address)
                        .with("drive", "system-drive").with("iothread", "system-io").with("serial", serial)
                        .with("bootindex", bootIndex)),
            ]
        case .sata:
            guard !readOnly else { throw .conflict("ide-hd refuses a read-only drive: put \(path) on virtio") }
            return [
                .drive(drive),
                // Port 1 of the AHCI controller that q35 has built in; the boot disk is on port 0. 1 turn a minute is an SSD, for
                // which macOS uses TRIM.
                .device(
                    OptionString("ide-hd").with("id", "system").with("bus", "ide.1").with("drive", "system-drive")
                        .with("rotation_rate", 1).with("serial", serial).with("bootindex", bootIndex)),
            ]
        }
    }
}
