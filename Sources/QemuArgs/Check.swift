/// What QEMU's own parsers would get wrong: checked before it is written.
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

    /// Six bytes in hexadecimal with colons, of one station: QEMU takes a multicast address and the guest then gets no packet.
    static func mac(_ mac: String) throws(QemuArgsError) -> String {
        let bytes = mac.split(separator: ":", omittingEmptySubsequences: false)
        // Digits are looked at first: UInt8("+6", radix: 16) is 6.
        let values = bytes.compactMap { $0.utf8.count == 2 && $0.allSatisfy(\.isHexDigit) ? UInt8($0, radix: 16) : nil }
        guard bytes.count == 6, values.count == 6 else {
            throw .invalidValue(what: "MAC address", value: mac, reason: "not aa:bb:cc:dd:ee:ff")
        }
        guard values[0] & 1 == 0 else { throw .invalidValue(what: "MAC address", value: mac, reason: "a multicast address") }
        return mac
    }

    /// A word that the parser of `-cpu` splits at commas and cannot escape.
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
