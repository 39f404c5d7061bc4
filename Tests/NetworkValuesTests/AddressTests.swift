import Glibc
import NetworkValues
import TestSupport
import Testing

/// The oracle is inet_pton(3) and inet_ntop(3).
struct AddressTests {
    private func pton(_ family: Int32, _ text: String) -> [UInt8]? {
        var bytes = [UInt8](repeating: 0, count: family == AF_INET ? 4 : 16)
        return inet_pton(family, text, &bytes) == 1 ? bytes : nil
    }

    private func ntop(_ bytes: [UInt8]) -> String? {
        var text = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
        guard inet_ntop(bytes.count == 4 ? AF_INET : AF_INET6, bytes, &text, socklen_t(text.count)) != nil else { return nil }
        return String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    @Test(arguments: [
        "0.0.0.0", "255.255.255.255", "1.2.3.4", "256.1.1.1", "1.2.3", "1.2.3.4.5", "01.2.3.4", "1..2.3", " 1.2.3.4", "+1.2.3.4",
        "1.2.3.-0", "", "...",
        "1.2.3.4\n", "1.2.3.٤", "0x1.2.3.4",
    ]) func ipv4(_ text: String) {
        #expect(IPv4Address(text)?.bytes == pton(AF_INET, text))
    }

    @Test(arguments: UInt64(1)...4) func ipv4Random(_ seed: UInt64) {
        var random = SplitMix64(seed: seed)
        for _ in 0..<3000 {
            let address = IPv4Address(bits: UInt32.random(in: 0...(.max), using: &random))
            #expect(address.description == ntop(address.bytes))
            #expect(IPv4Address(address.description) == address)
            let text = random.text("0123456789...+- ", count: 0...15)
            #expect(IPv4Address(text)?.bytes == pton(AF_INET, text), "\(text)")
        }
    }

    @Test(arguments: [
        "::", "::1", "1::", "1::2", "fe80::1", "1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7::", "::2:3:4:5:6:7:8", "1:2:3:4:5:6:7",
        "1:2:3:4:5:6:7:8:9", ":::",
        "1::2::3", ":1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7:8:", ":", "", "12345::", "g::", "+1::", "-0::", "::-0", "FD00::AB", "::1%eth0",
        "0:0:0:0:0:0:0:0", "1::٤",
    ]) func ipv6(_ text: String) {
        #expect(IPv6Address(text)?.bytes == pton(AF_INET6, text))
    }

    @Test(arguments: UInt64(1)...4) func ipv6Random(_ seed: UInt64) {
        var random = SplitMix64(seed: seed)
        for _ in 0..<3000 {
            // Many zeros, so that the longest run is contested; a first group keeps ntop from writing dotted quads.
            var groups = (0..<8).map { _ in Bool.random(using: &random) ? UInt16(0) : UInt16.random(in: 0...(.max), using: &random) }
            groups[0] |= 0x2000
            let bytes = groups.flatMap { [UInt8($0 >> 8), UInt8($0 & 0xff)] }
            let address = IPv6Address(bytes)
            #expect(address?.description == ntop(bytes))
            #expect(address.flatMap { IPv6Address($0.description) } == address)
            let text = random.text("0123abF:::::+-%", count: 0...24)
            #expect(IPv6Address(text)?.bytes == pton(AF_INET6, text), "\(text)")
        }
    }

    @Test func ipv6NeedsSixteenBytes() {
        #expect(IPv6Address([UInt8](repeating: 0, count: 15)) == nil)
        #expect(IPv6Address([]) == nil)
    }
}
