/// One QEMU argument: an option and its value.
public struct QemuArgument: Equatable, Sendable, CustomStringConvertible {
    /// With its dash: `-device`.
    public let option: String
    /// nil for an option that takes no value: `-nodefaults`.
    public let value: OptionString?

    public init(_ option: String, _ value: OptionString? = nil) {
        self.option = option
        self.value = value
    }
    /// An option with one plain value: `-uuid X`.
    public init(_ option: String, _ value: String) { self.init(option, OptionString(value)) }

    /// `-device NAME,properties`
    public static func device(_ device: QemuDevice, _ properties: OptionString) -> QemuArgument {
        QemuArgument("-device", properties.headed(device.rawValue))
    }
    public static func drive(_ value: OptionString) -> QemuArgument { QemuArgument("-drive", value) }
    public static func object(_ value: OptionString) -> QemuArgument { QemuArgument("-object", value) }
    public static func chardev(_ value: OptionString) -> QemuArgument { QemuArgument("-chardev", value) }
    /// `-global driver.property=value`
    public static func global(_ property: String, _ value: String) -> QemuArgument {
        QemuArgument("-global", OptionString().with(property, value))
    }

    /// Nothing but what the command line names: no default disks, NIC, serial port or monitor, no /etc/qemu/*.conf.
    public static let withoutDefaults = [QemuArgument("-nodefaults"), QemuArgument("-no-user-config")]
    /// macOS, Linux and UEFI keep the hardware clock in UTC.
    public static let utcClock = QemuArgument("-rtc", OptionString().with("base", "utc"))
    /// The firmware tries only what has a bootindex: no floppy, no network.
    public static let strictBootOrder = QemuArgument("-boot", OptionString().with("menu", false).with("strict", true))
    /// Without it QEMU opens a window or a VNC server by itself.
    public static let noWindow = QemuArgument("-display", "none")

    var words: [String] { value.map { [option, $0.description] } ?? [option] }
    public var description: String { words.joined(separator: " ") }
}

/// The devices that the command lines of this project can contain, by QEMU's name.
///
/// `QemuArgument.device` accepts no other, so a probe that asks QEMU for these covers every device that a command line may need.
public enum QemuDevice: String, Sendable, CaseIterable {
    case virtioBlock = "virtio-blk-pci"
    case virtioNetwork = "virtio-net-pci"
    case virtioRNG = "virtio-rng-pci"
    case virtioSCSI = "virtio-scsi-pci"
    case ideDisk = "ide-hd"
    case scsiDisk = "scsi-hd"
    case nvme
    case vmxnet3
    case e1000 = "e1000-82545em"
    case xhci = "qemu-xhci"
    case usbKeyboard = "usb-kbd"
    case usbTablet = "usb-tablet"
    case vga = "VGA"
    case vmwareVGA = "vmware-svga"
    /// Named in the file of `-readconfig`, never on the command line.
    case appleSMC = "isa-applesmc"
}
