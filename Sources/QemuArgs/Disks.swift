/// How QEMU issues the reads and writes of a disk.
public enum DiskIO: String, Codable, Equatable, Sendable, CaseIterable {
    case native, threads
    case ioUring = "io_uring"
}

/// How the sectors of a disk are kept.
public enum DriveFormat: String, Codable, Equatable, Sendable { case raw, qcow2 }

/// What a disk of the guest is attached to.
public enum DiskController: Equatable, Sendable {
    /// virtio-blk: the firmware needs a driver, which OVMF has.
    case virtio
    /// SATA, which a BIOS and OpenDuet can read.
    case sata

    /// The one that this firmware can start from.
    public init(for firmware: Firmware) { self = firmware == .seaBIOS ? .sata : .virtio }
}

/// A disk that QEMU never writes to: OpenCore's, one with an installer or recovery of macOS, or the seed.
///
/// On SATA, writes go to a temporary file that QEMU unlinks at once: `TMPDIR`, or else /var/tmp, has to be writable. `ide-hd` refuses a
/// read-only drive ("Block node is read-only").
public struct UnwrittenDisk: Equatable, Sendable {
    public enum Role: Equatable, Sendable {
        case openCore, installer
        /// Files that tell the guest at its start who it is. The firmware does not start from it.
        case seed

        fileprivate var id: String {
            switch self {
            case .openCore: "boot"
            case .installer: "installer"
            case .seed: "seed"
            }
        }
        fileprivate var title: String { self == .openCore ? "OpenCore disk" : id + " disk" }
        fileprivate var slot: PCISlot {
            switch self {
            case .openCore: .openCoreDisk
            case .installer: .installerDisk
            case .seed: .seedDisk
            }
        }
        /// Of the AHCI controller that q35 has built in (00:1f.2); -nodefaults does not remove it. The system disk has port 1.
        fileprivate var port: Int {
            switch self {
            case .openCore: 0
            case .installer: 2
            case .seed: 3
            }
        }
    }

    public var role: Role
    /// Absolute.
    public var path: String
    public var format: DriveFormat
    public var controller: DiskController

    public init(_ role: Role, path: String, format: DriveFormat = .raw, controller: DiskController) {
        self.role = role
        self.path = path
        self.format = format
        self.controller = controller
    }

    /// - Parameter bootIndex: its place in the boot order; nil for none.
    public func arguments(bootIndex: Int?) throws(QemuArgsError) -> [QemuArgument] {
        let name = role.id + "-drive"
        let drive = OptionString().with("id", name).with("if", "none").with("format", format.rawValue)
        let file = try Check.path(role.title, path)
        let device = OptionString().with("id", role.id)
        switch controller {
        case .virtio:
            return [
                .drive(drive.with("readonly", true).with("file", file)),
                .device(.virtioBlock, device.with("addr", role.slot.address).with("drive", name).with("bootindex", bootIndex)),
            ]
        case .sata:
            return [
                .drive(drive.with("snapshot", true).with("file", file)),
                .device(.ideDisk, device.with("bus", "ide.\(role.port)").with("drive", name).with("bootindex", bootIndex)),
            ]
        }
    }
}

/// A small raw disk that a program and the guest exchange messages through.
public struct ExchangeDisk: Equatable, Sendable {
    /// Absolute.
    public var path: String
    public var controller: DiskController

    public init(path: String, controller: DiskController) {
        self.path = path
        self.controller = controller
    }

    /// Never started from. What the guest writes is in the file when its request is done.
    public func arguments() throws(QemuArgsError) -> [QemuArgument] {
        let name = "exchange-drive"
        let drive = OptionString().with("id", name).with("if", "none").with("format", DriveFormat.raw.rawValue)
            .with("cache", "writeback").with("file", try Check.path("exchange disk", path))
        let device = OptionString().with("id", "exchange")
        switch controller {
        case .virtio: return [.drive(drive), .device(.virtioBlock, device.with("addr", PCISlot.exchangeDisk.address).with("drive", name))]
        // Of the six ports, the first four are those of the other disks.
        case .sata: return [.drive(drive), .device(.ideDisk, device.with("bus", "ide.4").with("drive", name))]
        }
    }
}

/// The disk with macOS on it: a device or file, on virtio-blk with a thread of its own or on SATA.
///
/// The drive and its device are written together, tied by one id.
public struct SystemDisk: Equatable, Sendable {
    /// Absolute: `/dev/sdb`.
    public var path: String
    public var format: DriveFormat
    /// SATA has no I/O threads.
    public var controller: DiskController
    public var io: DiskIO
    /// Past the host's page cache (O_DIRECT), which `native` needs. False for a file on tmpfs, which has no such mode.
    public var direct: Bool
    public var readOnly: Bool
    /// Whether a block of zeroes that the guest writes becomes a hole. Every written block is then read by the CPU.
    public var detectsZeroes: Bool
    /// Whether QEMU stops the guest when a request fails, until it is told to go on; somebody has to watch for that. Otherwise the guest
    /// gets the error, and without space QEMU stops it.
    public var stopsOnError: Bool
    /// At most 20 bytes; nil for none.
    public var serial: String?

    public init(
        path: String, format: DriveFormat = .raw, controller: DiskController = .virtio, io: DiskIO, direct: Bool = true,
        readOnly: Bool = false, detectsZeroes: Bool = false, stopsOnError: Bool = false, serial: String? = nil
    ) {
        self.path = path
        self.format = format
        self.controller = controller
        self.io = io
        self.direct = direct
        self.readOnly = readOnly
        self.detectsZeroes = detectsZeroes
        self.stopsOnError = stopsOnError
        self.serial = serial
    }

    public func arguments(bootIndex: Int) throws(QemuArgsError) -> [QemuArgument] {
        guard direct || io != .native else { throw .conflict("aio=native needs O_DIRECT: use io_uring or threads on \(path)") }
        let drive = OptionString().with("id", "system-drive").with("if", "none").with("format", format.rawValue)
            .with("cache", direct ? "none" : "writeback").with("aio", io.rawValue)
            // TRIM of the guest frees blocks of the host.
            .with("discard", "unmap").with("detect-zeroes", detectsZeroes && !readOnly ? "unmap" : nil)
            .with("readonly", readOnly ? true : nil)
            .with("werror", stopsOnError ? "stop" : nil).with("rerror", stopsOnError ? "stop" : nil)
            .with("file", try Check.path("system disk", path))
        let serial = try Check.serial(serial)
        switch controller {
        case .virtio:
            return [
                // Disk requests leave QEMU's main loop, where VNC, QMP and the other devices would delay them.
                .object(OptionString("iothread").with("id", "system-io")),
                .drive(drive),
                .device(
                    .virtioBlock,
                    OptionString().with("id", "system").with("addr", PCISlot.systemDisk.address).with("drive", "system-drive")
                        .with("iothread", "system-io").with("serial", serial).with("bootindex", bootIndex)),
            ]
        case .sata:
            guard !readOnly else { throw .conflict("ide-hd refuses a read-only drive: put \(path) on virtio") }
            return [
                .drive(drive),
                // Port 1 of the AHCI controller that q35 has built in; the OpenCore disk is on port 0. A rotation rate of 1 means an SSD,
                // for which macOS uses TRIM.
                .device(
                    .ideDisk,
                    OptionString().with("id", "system").with("bus", "ide.1").with("drive", "system-drive").with("rotation_rate", 1)
                        .with("serial", serial).with("bootindex", bootIndex)),
            ]
        }
    }
}
