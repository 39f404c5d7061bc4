import LinuxSupport
import NetworkValues

/// The rule for paths: absolute, since the working directory of an init is arbitrary.
package enum AbsolutePath {
    /// PATH_MAX of linux/limits.h, 4096, includes the closing NUL.
    package static let limit = 4095
    /// sun_path of linux/un.h, 108 bytes, includes the closing NUL.
    package static let socketLimit = 107

    /// Whether it starts with a slash, is not the root, and fits in `limit` bytes.
    package static func accepts(_ text: String, limit: Int = limit) -> Bool {
        text.utf8.first == UInt8(ascii: "/") && text.utf8.contains { $0 != UInt8(ascii: "/") } && text.utf8.count <= limit
    }
}

extension String {
    /// What follows `prefix`; nil if the text does not start with it.
    package func after(_ prefix: String) -> String? {
        utf8.starts(with: prefix.utf8) ? String(decoding: utf8.dropFirst(prefix.utf8.count), as: UTF8.self) : nil
    }
}

extension ValueFormat where Value == String {
    static var path: Self { .word("an absolute path", parse: { AbsolutePath.accepts($0) ? $0 : nil }, render: { $0 }) }

    static var socket: Self {
        .word(
            "an absolute path of at most \(AbsolutePath.socketLimit) bytes",
            parse: { AbsolutePath.accepts($0, limit: AbsolutePath.socketLimit) ? $0 : nil }, render: { $0 })
    }

    /// The name of a QEMU object: no comma or blank, which would end it in an option.
    static func name(_ expected: String) -> Self {
        .word(
            expected,
            parse: { text in
                let fits = (1...64).contains(text.utf8.count) && text.utf8.first != UInt8(ascii: "-")
                return fits && text.utf8.allSatisfy { isAlphanumeric($0) || "._-+".utf8.contains($0) } ? text : nil
            }, render: { $0 })
    }

    /// RFC 9562's text form, or its 32 digits without dashes; kept in lower case with dashes.
    static var uuid: Self {
        .word(
            "a UUID such as 123e4567-e89b-12d3-a456-426614174000",
            parse: { GUID($0)?.text }, render: { $0 })
    }

    /// Any text of printable ASCII: a name of a pod, a serial number.
    static var identity: Self {
        .word(
            "1 to 128 printable characters",
            parse: { text in (1...128).contains(text.utf8.count) && text.utf8.allSatisfy { (0x20...0x7e).contains($0) } ? text : nil },
            render: { $0 })
    }

    /// `auto`, a user's name as useradd(8) takes it, or UID:GID.
    static var user: Self {
        .word("auto, root, a user's name or UID:GID", parse: { isUser($0) ? $0 : nil }, render: { $0 })
    }

    private static func isUser(_ text: String) -> Bool {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        if parts.count == 2 {
            // To setresuid(2), -1 means no change.
            return parts.allSatisfy { part in UInt32(part).map { String($0) == part && $0 != .max } ?? false }
        }
        guard (1...32).contains(text.utf8.count), let first = text.utf8.first else { return false }
        let isStart = (isAlphanumeric(first) && !isDigit(first)) || first == UInt8(ascii: "_")
        return isStart && text.utf8.allSatisfy { isAlphanumeric($0) || "_.-".utf8.contains($0) }
    }

    private static func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }
    private static func isAlphanumeric(_ byte: UInt8) -> Bool {
        isDigit(byte) || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
    }
}

extension ValueFormat where Value == IPv4Network {
    /// With room for the gateway, the guest and the broadcast address, outside of reserved networks.
    static var subnet: Self {
        .word(
            "an IPv4 network from /8 to /30 such as 192.168.254.0/24, host bits zero",
            parse: { text in
                guard let network = IPv4Network(text), (8...30).contains(network.prefixLength) else { return nil }
                return reserved.contains { $0.overlaps(network) } ? nil : network
            }, render: { $0.description })
    }

    /// RFC 6890: this network, loopback, link-local (with the clouds' metadata), multicast and above.
    private static var reserved: [IPv4Network] {
        ["0.0.0.0/8", "127.0.0.0/8", "169.254.0.0/16", "224.0.0.0/3"].compactMap { IPv4Network($0) }
    }
}

extension ValueFormat where Value == [PortForward] {
    /// More than a guest needs; keeps the map of the firewall small.
    static var portLimit: Int { 1024 }

    /// A TOML array, or text with commas; `none` for an empty list.
    static var forwards: Self {
        Self(
            expected: "forwards such as tcp:10022:22 or udp:6000-6010:7000-7010, with commas between them, or none",
            parse: { (input) throws(Rejection) in
                let items: [String]
                switch input {
                case .text("none"): items = []
                case .text(let text): items = text.split(separator: ",", omittingEmptySubsequences: false).map { $0.trimmed }
                case .list(let list): items = list
                case .boolean, .foreign, .fraction: throw Rejection()
                }
                // A forward has at least one port.
                guard items.count <= portLimit else { throw Rejection(detail: "more than \(portLimit) forwards") }
                var forwards: [PortForward] = []
                for item in items {
                    guard let forward = PortForward(item) else {
                        throw Rejection(detail: "\(ConfigurationInput.quoted(item)) is not \(PortForward.expected)")
                    }
                    forwards.append(forward)
                }
                try check(forwards)
                return forwards
            }, render: { $0.isEmpty ? "none" : $0.map(\.description).joined(separator: ",") })
    }

    private static func check(_ forwards: [PortForward]) throws(Rejection) {
        let ports = forwards.reduce(0) { $0 + $1.hostPorts.count }
        guard ports <= portLimit else { throw Rejection(detail: "\(ports) ports are more than \(portLimit)") }
        for (index, forward) in forwards.enumerated() {
            let other = forwards[..<index].first { $0.transport == forward.transport && $0.hostPorts.overlaps(forward.hostPorts) }
            if let other { throw Rejection(detail: "\(other) and \(forward) claim the same port") }
        }
    }
}

extension ValueFormat where Value == [String] {
    /// A TOML array with an argument in each item, or text that `QuotedWords` splits; `none` for an empty list.
    static var arguments: Self {
        Self(
            expected: "arguments, in quotes where they have blanks, or none",
            parse: { (input) throws(Rejection) in
                switch input {
                case .text("none"): return []
                case .list(let items): return items
                case .text(let text):
                    guard let words = QuotedWords.parse(text) else { throw Rejection(detail: "a quote is not closed") }
                    guard !words.isEmpty else { throw Rejection() }
                    return words
                case .boolean, .foreign, .fraction: throw Rejection()
                }
            }, render: { $0.isEmpty ? "none" : QuotedWords.render($0) })
    }
}
