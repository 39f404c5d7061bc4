import ArgumentParser
import BootSettings
import Diagnostics
import Glibc
import LinuxSupport

struct USBCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "usb", abstract: "Give a USB device of this machine to a running guest, and take it back.",
        discussion: "With or without supervision. docs/supervision.md has what an iPhone needs.",
        subcommands: [USBList.self, USBAttach.self, USBDetach.self])
}

struct USBList: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List the USB devices of this machine, and who holds them.")
    @OptionGroup var options: ConfigurationOptions

    func run() throws {
        try Report.errors { () throws(OperationError) in
            for device in USBDevice.all(.live) { try Output.print(Self.line(device)) }
        }
    }

    static func line(_ device: USBDevice) -> String {
        let holders = device.drivers.isEmpty ? "" : ", held by \(device.drivers.joined(separator: ", "))"
        return "\(device.kind)  \(device.serial.map { "serial:" + $0 } ?? "no serial number")  \(device.product)\(holders)".printable
    }
}

struct USBAttach: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "attach", abstract: "Give a USB device to the guest.",
        discussion: "With --follow, it is given to the guest again each time that it is plugged in, until a signal comes.")
    @OptionGroup var options: ConfigurationOptions
    @Argument(help: "VENDOR:PRODUCT as in 05ac:12a8, or serial:TEXT.", transform: selector) var device: USBSelector
    @Flag(help: "Stay, and give it to the guest again after it was plugged out and in.") var follow = false

    static func selector(_ text: String) throws -> USBSelector {
        guard let selector = USBSelector(text) else { throw ValidationError("Name it as 05ac:12a8 or serial:TEXT.") }
        return selector
    }

    func run() throws {
        try Report.errors { () throws(OperationError) in
            let usb = LiveUSB(control: try options.controlSocket())
            let found = try device.find(in: USBDevice.all(.live))
            let id = try usb.attach(found)
            try Output.print(id)
            guard follow else { return }
            try USBFollower(selector: device, usb: usb, first: found).run(as: id)
        }
    }
}

struct USBDetach: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "detach", abstract: "Take a USB device back from the guest; this machine's drivers get it again.")
    @OptionGroup var options: ConfigurationOptions
    @Argument(help: "VENDOR:PRODUCT as in 05ac:12a8, or serial:TEXT.", transform: USBAttach.selector) var device: USBSelector

    func run() throws {
        try Report.errors { () throws(OperationError) in try LiveUSB(control: try options.controlSocket()).detach(device) }
    }
}

/// Gives a device to the guest again after it was plugged out and in: it has another device file then.
struct USBFollower {
    let selector: USBSelector
    let usb: LiveUSB
    /// The one that was found at the start; others that `selector` means too are not touched.
    let first: USBDevice

    /// What has changed between two looks at the devices.
    enum Change: Equatable {
        case nothing
        case gone
        /// It is there with another device file.
        case back(USBDevice)
    }

    func change(since node: String?, _ devices: [USBDevice]) -> Change {
        let same = devices.filter(isFirst)
        if let node, same.contains(where: { $0.node == node }) { return .nothing }
        guard let device = same.first else { return node == nil ? .nothing : .gone }
        return .back(device)
    }

    /// By its serial number; one without is known by its port.
    private func isFirst(_ device: USBDevice) -> Bool {
        guard selector.matches(device) else { return false }
        return first.serial == nil ? device.serial == nil && device.name == first.name : device.serial == first.serial
    }

    /// Looks once a second, until a signal comes: a phone that restarts is away for longer. What fails is tried again.
    /// - Parameter id: of its device in QEMU.
    /// - Throws: when no QEMU is there any more.
    func run(as id: String) throws(OperationError) {
        let signals = try Signals([SIGTERM, SIGINT, SIGHUP])
        var (id, node): (String, String?) = (id, first.node)
        var said: String?
        while !PollDeadline(.now + .seconds(1)).wait(for: signals.rawValue) {
            do throws(OperationError) {
                switch change(since: node, USBDevice.all(.live)) {
                case .nothing: break
                case .gone:
                    node = nil
                    Console.error("boot: \(selector.description) was plugged out\n")
                    try release(id)
                case .back(let device):
                    try release(id)
                    id = try usb.attach(device)
                    node = device.node
                    said = nil
                    Console.error("boot: \(selector.description) was plugged in: \(id)\n")
                }
            } catch {
                guard usb.control.isServed else { throw error }
                // Once each, not each second.
                if said != error.headline { Console.error("boot: \(error.headline); trying again each second\n") }
                said = error.headline
            }
        }
    }

    /// QEMU lets a device that is gone go by itself; its descriptor stays.
    private func release(_ id: String) throws(OperationError) {
        do {
            try usb.detach(id: id)
        } catch  where error.exit == .noInput {
            return
        }
    }
}
