/// How QEMU issues the reads and writes of a disk.
public enum DiskIO: String, Codable, Equatable, Sendable, CaseIterable {
    case native, threads
    case ioUring = "io_uring"
}

/// The disk with macOS on it: a raw device or file behind virtio-blk with a thread of its own.
///
/// The drive and its device are written together, tied by one id: neither can dangle.
public struct SystemDisk: Codable, Equatable, Sendable {
    /// Absolute: `/dev/sdb`.
    public var path: String
    public var io: DiskIO
    /// Past the host's page cache (O_DIRECT), which `native` needs. False for a file on tmpfs, which has no such mode.
    public var direct: Bool
    public var readOnly: Bool
    /// At most 20 bytes; nil for none.
    public var serial: String?

    public init(path: String, io: DiskIO, direct: Bool = true, readOnly: Bool = false, serial: String? = nil) {
        self.path = path
        self.io = io
        self.direct = direct
        self.readOnly = readOnly
        self.serial = serial
    }

    func arguments(bootIndex: Int) throws(QemuArgsError) -> [Argument] {
        guard direct || io != .native else { throw .conflict("aio=native needs O_DIRECT: use io_uring or threads on \(path)") }
        return [
            // Disk requests leave QEMU's main loop, where VNC, QMP and the other devices would delay them.
            .object(OptionString("iothread").with("id", "system-io")),
            .drive(
                OptionString().with("id", "system-drive").with("if", "none").with("format", "raw")
                    .with("cache", direct ? "none" : "writeback").with("aio", io.rawValue)
                    // TRIM of the guest frees blocks of the host, and so does a block of zeroes.
                    .with("discard", "unmap").with("detect-zeroes", readOnly ? "off" : "unmap")
                    .with("readonly", readOnly ? true : nil)
                    .with("file", try Check.path("system disk", path))),
            .device(
                OptionString("virtio-blk-pci").with("id", "system").with("addr", PCISlot.systemDisk.address)
                    .with("drive", "system-drive").with("iothread", "system-io").with("serial", try Check.serial(serial))
                    .with("bootindex", bootIndex)),
        ]
    }
}
