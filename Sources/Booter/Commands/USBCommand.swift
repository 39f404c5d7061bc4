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
            try Output.print(try usb.attach(found))
            guard follow else { return }
            try USBFollower(selector: device, usb: usb).run(from: found)
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

    /// What has changed between two looks at the devices.
    enum Change: Equatable {
        case nothing
        case gone
        /// It is there with another device file.
        case back(USBDevice)
    }

    func change(since node: String?, _ devices: [USBDevice]) -> Change {
        guard let device = devices.first(where: selector.matches) else { return node == nil ? .nothing : .gone }
        return device.node == node ? .nothing : .back(device)
    }

    /// Looks once a second, until a signal comes: a phone that restarts is away for longer.
    /// - Throws: when QEMU is not reached any more.
    func run(from device: USBDevice) throws(OperationError) {
        let signals = try Signals([SIGTERM, SIGINT, SIGHUP])
        var node: String? = device.node
        while !PollDeadline(.now + .seconds(1)).wait(for: signals.rawValue) {
            switch change(since: node, USBDevice.all(.live)) {
            case .nothing: break
            case .gone:
                node = nil
                Console.error("boot: \(selector.description) was plugged out\n")
                try release()
            case .back(let device):
                try release()
                Console.error("boot: \(selector.description) was plugged in: \(try usb.attach(device))\n")
                node = device.node
            }
        }
    }

    /// QEMU lets a device that is gone go by itself; its descriptor stays.
    private func release() throws(OperationError) {
        do {
            try usb.detach(selector)
        } catch  where error.exit == .noInput {
            return
        }
    }
}
