import NetworkValues

/// Why a set of values is no QEMU command line.
public enum QemuArgsError: Error, Equatable, Sendable, CustomStringConvertible {
    /// An option that QEMU takes once was given twice: `-machine`.
    case repeatedOption(String)
    /// Two arguments of one option have the same `id=`; QEMU looks them up by it.
    case repeatedID(option: String, id: String)
    /// A value that QEMU would refuse or misread.
    case invalidValue(what: String, value: String, reason: String)
    /// Two values that are valid alone, but not together.
    case conflict(String)

    public var description: String {
        switch self {
        case .repeatedOption(let option): "\(option) given twice"
        case .repeatedID(let option, let id): "\(option): the id \(id) is taken"
        case .invalidValue(let what, let value, let reason): "\(what) \"\(value)\": \(reason)"
        case .conflict(let text): text
        }
    }
}

/// Checks of values that QEMU's own parsers would misread.
enum Check {
    /// An absolute path. QEMU takes `word:` at the start of a relative file name for a protocol (`nbd:`, `json:`).
    static func path(_ what: String, _ path: String) throws(QemuArgsError) -> String {
        guard path.hasPrefix("/") else { throw .invalidValue(what: what, value: path, reason: "not an absolute path") }
        return path
    }

    /// The path of a Unix socket: sun_path holds 108 bytes with the NUL (linux/un.h).
    static func socket(_ what: String, _ path: String) throws(QemuArgsError) -> String {
        guard path.utf8.count < 108 else { throw .invalidValue(what: what, value: path, reason: "longer than 107 bytes") }
        return try Check.path(what, path)
    }

    /// A disk's serial number: virtio-blk cuts it at 20 bytes (VIRTIO_BLK_ID_BYTES), ide-hd refuses more.
    static func serial(_ serial: String?) throws(QemuArgsError) -> String? {
        guard let serial, serial.utf8.count > 20 else { return serial }
        throw .invalidValue(what: "disk serial", value: serial, reason: "longer than 20 bytes")
    }

    /// A unicast address: QEMU accepts a multicast address, with which the guest receives no packet.
    static func mac(_ mac: String) throws(QemuArgsError) -> String {
        guard MACAddress(mac) != nil else { throw .invalidValue(what: "MAC address", value: mac, reason: "not \(MACAddress.expected)") }
        return mac
    }

    /// A word for `-cpu`, whose parser splits at commas and has no escape.
    static func word(_ what: String, _ word: String) throws(QemuArgsError) -> String {
        guard !word.isEmpty, !word.contains(where: { $0 == "," || $0 == "=" || $0.isWhitespace }) else {
            throw .invalidValue(what: what, value: word, reason: "not a single word")
        }
        return word
    }

    static func atLeast(_ minimum: Int, _ what: String, _ value: Int) throws(QemuArgsError) -> Int {
        guard value >= minimum else { throw .invalidValue(what: what, value: String(value), reason: "less than \(minimum)") }
        return value
    }
}
