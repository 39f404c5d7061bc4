import LinuxSupport
import NetSetup
import NetworkValues

/// The main routing tables as /proc/net/route and /proc/net/ipv6_route show them.
enum RouteTable {
    /// linux/route.h and linux/ipv6_route.h
    private static let up: UInt32 = 0x0001
    private static let reject: UInt32 = 0x0200
    private static let anycast: UInt32 = 0x0010_0000
    private static let local: UInt32 = 0x8000_0000

    /// Usable IPv4 routes, lowest metric first.
    static func parse4(_ text: String) -> [RouteFacts] {
        byMetric(text.lines.compactMap { route4($0) })
    }

    /// Iface Destination Gateway Flags RefCnt Use Metric Mask ...: addresses are hexadecimal in the machine's byte order.
    private static func route4(_ line: Substring) -> RouteFacts? {
        let fields = line.fields
        guard fields.count >= 8, let destination = address4(fields[1]), let gateway = address4(fields[2]),
            let flags = UInt32(fields[3], radix: 16), let metric = Int(fields[6]), let mask = address4(fields[7]),
            flags & up != 0, flags & reject == 0
        else { return nil }
        let prefixLength = (~mask.bits).leadingZeroBitCount
        // A mask with holes is legal in this table's format and nowhere else.
        guard mask.bits == (prefixLength == 0 ? 0 : UInt32.max << UInt32(32 - prefixLength)) else { return nil }
        return RouteFacts(
            destination: destination.description, prefixLength: prefixLength, gateway: gateway.bits == 0 ? nil : gateway.description,
            interface: String(fields[0]), metric: metric)
    }

    private static func address4(_ text: Substring) -> IPv4Address? {
        // x86 stores the address, which is in network order, as a little-endian number.
        text.utf8.count == 8 ? UInt32(text, radix: 16).map { IPv4Address(bits: $0.byteSwapped) } : nil
    }

    /// Usable IPv6 routes of global scope, lowest metric first.
    static func parse6(_ text: String) -> [RouteFacts] {
        byMetric(text.lines.compactMap { route6($0) })
    }

    /// Destination and its prefix, source and its prefix, next hop, metric, references, use, flags, interface; all hexadecimal.
    private static func route6(_ line: Substring) -> RouteFacts? {
        let fields = line.fields
        guard fields.count >= 10, let destination = address6(fields[0]), let prefixLength = Int(fields[1], radix: 16),
            (0...128).contains(prefixLength), let gateway = address6(fields[4]), let metric = UInt32(fields[5], radix: 16),
            let flags = UInt32(fields[8], radix: 16), flags & up != 0, flags & (reject | local | anycast) == 0, fields[9] != "lo"
        else { return nil }
        let isMulticast = destination.bytes[0] == 0xff
        let isLinkLocal = destination.bytes[0] == 0xfe && destination.bytes[1] & 0xc0 == 0x80
        guard prefixLength == 0 || !(isMulticast || isLinkLocal) else { return nil }
        return RouteFacts(
            destination: destination.description, prefixLength: prefixLength,
            gateway: gateway.bytes.allSatisfy { $0 == 0 } ? nil : gateway.description, interface: String(fields[9]), metric: Int(metric))
    }

    private static func address6(_ text: Substring) -> IPv6Address? {
        let digits = Array(text.utf8)
        guard digits.count == 32 else { return nil }
        var bytes: [UInt8] = []
        for index in stride(from: 0, to: 32, by: 2) {
            guard let byte = UInt8(String(decoding: digits[index..<(index + 2)], as: UTF8.self), radix: 16) else { return nil }
            bytes.append(byte)
        }
        return IPv6Address(bytes)
    }

    /// In the table's own order where metrics are equal: the kernel tries them like that.
    private static func byMetric(_ routes: [RouteFacts]) -> [RouteFacts] {
        routes.enumerated().sorted { ($0.element.metric, $0.offset) < ($1.element.metric, $1.offset) }.map(\.element)
    }
}
