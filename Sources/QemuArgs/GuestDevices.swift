/// The guest's serial port, where XNU (`serial=3`) and OpenCore can write.
public enum Serial: Codable, Hashable, Sendable {
    case none
    /// QEMU's standard input and output.
    case stdio
    case file(String)

    /// - Parameter id: of the character device.
    public func arguments(id: String = "serial") throws(QemuArgsError) -> [QemuArgument] {
        let backend: OptionString
        switch self {
        case .none: return []
        // Control-C is a character for the guest and does not end QEMU.
        case .stdio: backend = OptionString("stdio").with("id", id).with("signal", false)
        // As -chardev: the short form `-serial file:PATH` has no escape.
        case .file(let path): backend = OptionString("file").with("id", id).with("path", try Check.path("serial file", path))
        }
        return [.chardev(backend), QemuArgument("-serial", "chardev:" + id)]
    }
}

/// A control socket: QEMU listens there for QMP and starts without waiting for a client.
public struct QMPSocket: Equatable, Sendable {
    /// Absolute, at most 107 bytes.
    public var path: String
    /// Of the character device.
    public var id: String

    public init(path: String, id: String = "qmp") {
        self.path = path
        self.id = id
    }

    public func arguments() throws(QemuArgsError) -> [QemuArgument] {
        [
            .chardev(
                OptionString("socket").with("id", id).with("path", try Check.socket("QMP socket", path)).with("server", true)
                    .with("wait", false)),
            QemuArgument("-mon", OptionString().with("chardev", id).with("mode", "control")),
        ]
    }
}

/// QMP over a connected socket that QEMU inherits: the program that started it holds the other end.
public struct QMPDescriptor: Equatable, Sendable {
    public var number: Int32
    /// Of the character device.
    public var id: String

    public init(number: Int32, id: String = "supervisor") {
        self.number = number
        self.id = id
    }

    public func arguments() -> [QemuArgument] {
        [
            .chardev(OptionString("socket").with("id", id).with("fd", Int(number))),
            QemuArgument("-mon", OptionString().with("chardev", id).with("mode", "control")),
        ]
    }
}

/// Apple's system management controller, with the key that macOS asks it for.
///
/// The device and its key are in a file of their own, because every user can read a command line.
public struct SMC: Equatable, Sendable {
    /// Absolute: a configuration file of QEMU's with the device isa-applesmc.
    public var configuration: String

    public init(configuration: String) { self.configuration = configuration }

    public func argument() throws(QemuArgsError) -> QemuArgument {
        QemuArgument("-readconfig", OptionString(verbatim: try Check.path("SMC configuration", configuration)))
    }
}

/// Keyboard and pointer.
///
/// Always on xHCI: macOS 10.15 and later have its driver, and since 14.4 it is the only one left. A tablet sends absolute
/// positions, so that a VNC client's pointer and macOS's are in one place. https://github.com/kholia/OSX-KVM/pull/238
enum USB {
    static let arguments: [QemuArgument] = [
        .device(.xhci, OptionString().with("id", "xhci").with("addr", PCISlot.usb.address)),
        .device(.usbKeyboard, OptionString().with("id", "keyboard").with("bus", "xhci.0")),
        .device(.usbTablet, OptionString().with("id", "tablet").with("bus", "xhci.0")),
    ]
}

/// Entropy for the firmware and macOS from QEMU's own getrandom(2): no device node to open after QEMU has changed its user.
enum RNG {
    static let arguments: [QemuArgument] = [
        .object(OptionString("rng-builtin").with("id", "rng-source")),
        .device(.virtioRNG, OptionString().with("id", "rng").with("addr", PCISlot.rng.address).with("rng", "rng-source")),
    ]
}
