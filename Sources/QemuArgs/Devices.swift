/// The guest's serial port, where XNU (`serial=3`) and OpenCore can write.
public enum Serial: Codable, Equatable, Sendable {
    case none
    /// QEMU's standard input and output.
    case stdio
    case file(String)

    func arguments() throws(QemuArgsError) -> [Argument] {
        let backend: OptionString
        switch self {
        case .none: return []
        // Control-C is a character for the guest, and not the end of it.
        case .stdio: backend = OptionString("stdio").with("id", "serial").with("signal", false)
        // As -chardev: the short form `-serial file:PATH` knows no escape.
        case .file(let path): backend = OptionString("file").with("id", "serial").with("path", try Check.path("serial file", path))
        }
        return [.chardev(backend), Argument("-serial", "chardev:serial")]
    }
}

/// The control socket: QEMU listens there and starts without waiting for a client.
public struct QMP: Codable, Equatable, Sendable {
    /// Absolute, at most 107 bytes.
    public var path: String

    public init(path: String) { self.path = path }

    func arguments() throws(QemuArgsError) -> [Argument] {
        [
            .chardev(
                OptionString("socket").with("id", "qmp").with("path", try Check.socket("QMP socket", path))
                    .with("server", true).with("wait", false)),
            Argument("-mon", OptionString().with("chardev", "qmp").with("mode", "control")),
        ]
    }
}

/// Apple's system management controller, with the key that macOS asks it for.
///
/// The device and its key are in a file of their own, because every user can read a command line.
public struct SMC: Codable, Equatable, Sendable {
    /// Absolute: a configuration of QEMU's with the device isa-applesmc.
    public var configuration: String

    public init(configuration: String) { self.configuration = configuration }

    func argument() throws(QemuArgsError) -> Argument {
        Argument("-readconfig", OptionString(verbatim: try Check.path("SMC configuration", configuration)))
    }
}

/// Keyboard and pointer.
///
/// Always on xHCI: macOS 10.15 and later have its driver, and from 14.4 on it is the only one left. A tablet sends absolute
/// positions, so a VNC client's pointer and macOS's are in one place. https://github.com/kholia/OSX-KVM/pull/238
enum USB {
    static let arguments: [Argument] = [
        .device(OptionString("qemu-xhci").with("id", "xhci").with("addr", PCISlot.usb.address)),
        .device(OptionString("usb-kbd").with("id", "keyboard").with("bus", "xhci.0")),
        .device(OptionString("usb-tablet").with("id", "tablet").with("bus", "xhci.0")),
    ]
}

/// Entropy for the firmware and macOS from QEMU's own getrandom(2): no device node to open after QEMU has changed its user.
enum RNG {
    static let arguments: [Argument] = [
        .object(OptionString("rng-builtin").with("id", "rng-source")),
        .device(OptionString("virtio-rng-pci").with("id", "rng").with("addr", PCISlot.rng.address).with("rng", "rng-source")),
    ]
}
