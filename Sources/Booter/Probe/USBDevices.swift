import Diagnostics
import LinuxSupport

/// A USB device of this machine that a guest could have: Documentation/ABI/stable/sysfs-bus-usb.
struct USBDevice: Equatable {
    /// The kernel's name, by the ports that lead to it: 1-2.3.
    var name: String
    /// 05ac:12a8
    var kind: String
    /// nil for none.
    var serial: String?
    var product: String
    /// The device file; another one after each time that it is plugged in.
    var node: String
    /// The drivers that hold its interfaces, each once. `usbfs` is a program, such as usbmuxd.
    var drivers: [String]

    /// All but hubs, in the kernel's order.
    static func all(_ root: FileRoot) -> [USBDevice] {
        let path = "/sys/bus/usb/devices"
        let names = root.list(path)
        return names.compactMap { name in
            // Interfaces have a colon in their name, and no idVendor.
            guard let directory = root.directory("\(path)/\(name)"), let vendor = directory.word("idVendor"),
                let product = directory.word("idProduct"), let bus = directory.number("busnum"), let number = directory.number("devnum"),
                (1...999).contains(bus), (1...999).contains(number), directory.word("bDeviceClass") != hub
            else { return nil }
            let text = [directory.word("manufacturer"), directory.word("product")].compactMap { $0 }.joined(separator: " ")
            let interfaces = names.filter { $0.hasPrefix(name + ":") }
            let drivers = interfaces.compactMap { root.link("\(path)/\($0)/driver")?.split(separator: "/").last }.map { String($0) }
            return USBDevice(
                name: name, kind: "\(vendor):\(product)", serial: directory.word("serial"), product: text,
                node: "/dev/bus/usb/\(padded(bus))/\(padded(number))", drivers: Set(drivers).sorted())
        }
    }

    /// bDeviceClass of the USB specification.
    private static let hub = "09"

    private static func padded(_ number: Int) -> String { String(String(1000 + number).dropFirst()) }
}

/// How the user names a USB device: `05ac:12a8`, or `serial:TEXT`.
enum USBSelector: Equatable {
    case kind(String)
    case serial(String)

    init?(_ text: String) {
        if text.hasPrefix("serial:") {
            let serial = String(text.dropFirst("serial:".count))
            guard !serial.isEmpty else { return nil }
            self = .serial(serial)
            return
        }
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        let isNumber = { (part: Substring) in
            part.utf8.count == 4 && part.utf8.first != UInt8(ascii: "+") && UInt16(part, radix: 16) != nil
        }
        guard parts.count == 2, parts.allSatisfy(isNumber) else { return nil }
        self = .kind(text.lowercased())
    }

    func matches(_ device: USBDevice) -> Bool {
        switch self {
        case .kind(let kind): device.kind == kind
        case .serial(let serial): device.serial == serial
        }
    }

    /// The only device that it means.
    /// - Throws: `noInput` for none or several.
    func find(in devices: [USBDevice]) throws(OperationError) -> USBDevice {
        let found = devices.filter(matches)
        guard let first = found.first else {
            throw OperationError(
                "find", "the USB device \(description)", cause: "it is not plugged in",
                remedy: "see boot usb list; in a container, /dev/bus/usb has to be passed in", exit: .noInput)
        }
        guard found.count == 1 else {
            throw OperationError(
                "choose", "the USB device \(description)", cause: "there are \(found.count) of them", remedy: "name it by serial:TEXT",
                exit: .noInput)
        }
        return first
    }

    var description: String {
        switch self {
        case .kind(let kind): kind
        case .serial(let serial): "serial:" + serial.printable
        }
    }
}
