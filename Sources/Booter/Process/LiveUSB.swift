import Diagnostics
import LinuxSupport
import QMP
import SystemPackage

/// USB devices of this machine in a running guest: QEMU gets the open device file, because its user may open none.
struct LiveUSB {
    let control: ControlSocket
    private static let prefix = "usb-"

    struct Attached: Equatable {
        /// Of its device in QEMU.
        var id: String
        /// What was said when it was attached: its kind, device file and serial number.
        var note: String
        fileprivate var set: Int
    }

    /// Those of `attach`, whether they are still plugged in or not.
    func list() throws(OperationError) -> [Attached] {
        var attached: [Attached] = []
        try control.session { (monitor) throws(MonitorError) in attached = try list(&monitor) }
        return attached
    }

    private func list(_ monitor: inout Monitor) throws(MonitorError) -> [Attached] {
        try monitor.execute(.queryPassedDescriptors, within: control.patience).compactMap { set in
            guard let note = set.notes.first, note.hasPrefix(Self.prefix), let end = note.firstIndex(of: " ") else { return nil }
            return Attached(id: String(note[..<end]), note: String(note[note.index(after: end)...]), set: set.number)
        }
    }

    /// - Throws: `noInput` when the device cannot be opened; `tempFail` when QEMU refuses it.
    func attach(_ device: USBDevice) throws(OperationError) -> String {
        let file = try Self.open(device)
        let id = Self.prefix + String(device.name.map { $0 == "." ? "-" : $0 })
        let note = "\(id) \(Self.note(of: device))"
        do {
            try control.session { (monitor) throws(MonitorError) in
                let set = try monitor.execute(.addDescriptor(note: note), passing: file, within: control.patience)
                do throws(MonitorError) {
                    let path = PassedDescriptors.path(of: set)
                    try monitor.execute(
                        .addDevice("usb-host", id: id, [.init("bus", .string("xhci.0")), .init("hostdevice", .string(path))]),
                        within: control.patience)
                } catch {
                    try monitor.execute(.removeDescriptors(set: set), within: control.patience)
                    throw error
                }
            }
        } catch {
            var error = error
            error.remedy = Self.remedy(device) ?? error.remedy
            throw error
        }
        return id
    }

    private static func open(_ device: USBDevice) throws(OperationError) -> OwnedDescriptor {
        do {
            return try OwnedDescriptor(opening: FilePath(device.node), .readWrite)
        } catch {
            throw OperationError(
                "open", device.node, cause: error.description, remedy: "in a container, pass /dev/bus/usb in with its devices",
                exit: .noInput)
        }
    }

    /// Who holds the device may be why QEMU does not get it.
    static func remedy(_ device: USBDevice) -> String? {
        if device.drivers.contains("usbfs") {
            return "a program of this machine holds it: for an iPhone or iPad that is usbmuxd; stop it (systemctl stop usbmuxd)"
        }
        return device.drivers.isEmpty ? nil : "this machine's drivers hold it (\(device.drivers.joined(separator: ", "))): unload them"
    }

    /// - Throws: `noInput` when it is not attached; `tempFail` when QEMU does not let it go.
    func detach(_ selector: USBSelector) throws(OperationError) {
        try detach(selector.description) { Self.matches(selector, note: $0.note) }
    }

    /// As `detach` of a selector, for what `attach` returned.
    func detach(id: String) throws(OperationError) { try detach(id) { $0.id == id } }

    private func detach(_ name: String, where isMeant: (Attached) -> Bool) throws(OperationError) {
        var isThere = false
        try control.session { (monitor) throws(MonitorError) in
            for attached in try list(&monitor) where isMeant(attached) {
                isThere = true
                do throws(MonitorError) {
                    try monitor.unplug(attached.id, within: control.patience)
                } catch .refused {
                    // It was unplugged from this machine, and QEMU has let it go.
                }
                try monitor.execute(.removeDescriptors(set: attached.set), within: control.patience)
            }
        }
        guard isThere else {
            throw OperationError(
                "detach", "the USB device \(name)", cause: "it is not attached", remedy: "see boot usb list", exit: .noInput)
        }
    }

    /// The serial number comes last: it may have blanks in it.
    static func note(of device: USBDevice) -> String { "\(device.kind) \(device.node) \(device.serial ?? "-")" }

    static func matches(_ selector: USBSelector, note: String) -> Bool {
        let words = note.split(separator: " ", maxSplits: 2)
        guard words.count == 3 else { return false }
        return switch selector {
        case .kind(let kind): words[0] == kind
        case .serial(let serial): words[2] == serial
        }
    }
}
