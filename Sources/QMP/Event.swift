/// An event that QEMU reports without being asked.
///
/// https://www.qemu.org/docs/master/interop/qemu-qmp-ref.html
package struct Event: Equatable, Sendable {
    package enum Kind: Equatable, Sendable {
        /// The machine has stopped for good. `guest`: the guest wanted it; `reason`: ShutdownCause, as "guest-shutdown" or "host-qmp-quit".
        case shutdown(guest: Bool, reason: String)
        /// As for `shutdown`.
        case reset(guest: Bool, reason: String)
        /// The virtual CPUs stand still.
        case stop
        /// They go on.
        case resume
        /// The guest's power button was pressed.
        case powerdown
        case blockIOError(BlockIOError)
        /// GuestPanicAction: "pause", "poweroff" or "run".
        case guestPanicked(action: String)
        /// A device that was unplugged is gone, with its id; nil for one without.
        case deviceDeleted(id: String?)
        /// Its name and data, as JSON; "{}" without data.
        case unknown(name: String, data: String)
    }

    /// A disk's request that the host's kernel refused.
    package struct BlockIOError: Equatable, Sendable {
        /// The name of the drive or, where it has none, its place in QEMU's object tree.
        package var device: String
        /// "read" or "write".
        package var operation: String
        /// What QEMU does about it: "ignore", "report" or "stop".
        package var action: String
        /// There was no space left.
        package var noSpace: Bool
        /// strerror(3) of the error, for people.
        package var reason: String
    }

    /// When, by the clock of QEMU's machine, since 1970.
    package struct Time: Equatable, Sendable {
        package var seconds: Int
        package var microseconds: Int

        init?(_ json: inout JSONText) {
            var (seconds, microseconds): (Int?, Int?)
            json.object { key, json in
                switch key {
                case "seconds": seconds = json.integer()
                case "microseconds": microseconds = json.integer()
                default: json.skip()
                }
            }
            guard let seconds, let microseconds else { return nil }
            (self.seconds, self.microseconds) = (seconds, microseconds)
        }
    }

    package var kind: Kind
    package var time: Time?

    /// Data that is not as documented makes the event an unknown one, not a lost one.
    init(_ name: String, _ data: JSONText?, at time: Time?) {
        self.time = time
        kind = Self.kind(name, data) ?? .unknown(name: name, data: data?.rest ?? "{}")
    }

    private static func kind(_ name: String, _ data: JSONText?) -> Kind? {
        switch name {
        case "SHUTDOWN": return cause(data).map { .shutdown(guest: $0, reason: $1) }
        case "RESET": return cause(data).map { .reset(guest: $0, reason: $1) }
        case "STOP": return .stop
        case "RESUME": return .resume
        case "POWERDOWN": return .powerdown
        case "BLOCK_IO_ERROR": return data.flatMap(BlockIOError.init).map { .blockIOError($0) }
        case "GUEST_PANICKED":
            var action: String?
            data?.members { if $0 == "action" { action = $1.string() } else { $1.skip() } }
            return action.map { .guestPanicked(action: $0) }
        case "DEVICE_DELETED":
            var id: String?
            data?.members { if $0 == "device" { id = $1.string() } else { $1.skip() } }
            return .deviceDeleted(id: id)
        default: return nil
        }
    }

    private static func cause(_ data: JSONText?) -> (Bool, String)? {
        var (guest, reason): (Bool?, String?)
        data?.members { key, json in
            switch key {
            case "guest": guest = json.bool()
            case "reason": reason = json.string()
            default: json.skip()
            }
        }
        return guest.flatMap { guest in reason.map { (guest, $0) } }
    }
}

extension Event.BlockIOError {
    fileprivate init?(_ data: JSONText) {
        var (device, path, operation, action, noSpace, reason) = ("", "", "", "", false, "")
        data.members { key, json in
            switch key {
            case "device": device = json.string() ?? ""
            // qom-path: since QEMU 9.2.
            case "qom-path": path = json.string() ?? ""
            case "operation": operation = json.string() ?? ""
            case "action": action = json.string() ?? ""
            case "nospace": noSpace = json.bool() ?? false
            case "reason": reason = json.string() ?? ""
            default: json.skip()
            }
        }
        guard !operation.isEmpty, !action.isEmpty else { return nil }
        self.init(device: device.isEmpty ? path : device, operation: operation, action: action, noSpace: noSpace, reason: reason)
    }
}

extension JSONText {
    /// The members of an object that is the whole of this text; this text stays unread.
    fileprivate func members(_ member: (_ key: String, inout JSONText) -> Void) {
        var json = self
        json.object(member)
    }
}
