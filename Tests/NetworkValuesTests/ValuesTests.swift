import NetworkValues
import TestSupport
import Testing

/// Names, addresses, networks and forwards: what is taken, what is refused, and that text survives the way there and back.
struct ValuesTests {
    @Test(arguments: ["a", "tap0", "eth0.100", "enp0s31f6", "123456789012345", "br-1_x", "tap*"])
    func interfaceNamesThatTheKernelTakes(_ text: String) { #expect(InterfaceName(text)?.description == text) }

    @Test(arguments: ["", ".", "..", "1234567890123456", "a b", "a/b", "a:1", "tap%d", "a\tb", "täp", "a\"b", "a\\b", "a\u{7f}"])
    func interfaceNamesThatItDoesNot(_ text: String) { #expect(InterfaceName(text) == nil) }

    @Test(arguments: ["0.0.0.0", "255.255.255.255", "192.168.254.2"])
    func ipv4Addresses(_ text: String) { #expect(IPv4Address(text)?.description == text) }

    @Test(arguments: [
        "", "1.2.3", "1.2.3.4.5", "1.2.3.256", "01.2.3.4", "1.2.3.-4", "1.2.3.+4", " 1.2.3.4", "1..2.3", "1.2.3.4/24", "٤.2.3.4",
    ])
    func noIPv4Addresses(_ text: String) { #expect(IPv4Address(text) == nil) }

    @Test(arguments: [
        ("::", "::"), ("::1", "::1"), ("fd00::2", "fd00::2"), ("FD00:0:0:0:0:0:0:2", "fd00::2"), ("1:0:0:2:0:0:0:3", "1:0:0:2::3"),
        ("1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7:8"), ("1:0:3:4:5:6:7:8", "1:0:3:4:5:6:7:8"), ("1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0"),
        ("0:0:1::", "0:0:1::"), ("2001:db8::", "2001:db8::"),
    ]) func ipv6Addresses(_ text: String, _ canonical: String) { #expect(IPv6Address(text)?.description == canonical) }

    @Test(arguments: [
        "", ":", ":::", "1::2::3", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9", "1:2:3:4:5:6:7:8::", "12345::", "g::", "fe80::1%eth0", "::1.2.3.4",
        "+1::", ":1", "1:",
    ])
    func noIPv6Addresses(_ text: String) { #expect(IPv6Address(text) == nil) }

    @Test(arguments: ["192.168.254.0/24", "0.0.0.0/0", "10.1.2.3/32", "10.128.0.0/9"])
    func ipv4Networks(_ text: String) { #expect(IPv4Network(text)?.description == text) }

    @Test(arguments: ["192.168.254.1/24", "10.0.0.0", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/08", "10.0.0.0/8/8", "/8"])
    func noIPv4Networks(_ text: String) { #expect(IPv4Network(text) == nil) }

    @Test(arguments: ["fd00::/64", "::/0", "::1/128", "fd00:0:0:8::/61"])
    func ipv6Networks(_ text: String) { #expect(IPv6Network(text)?.description == text) }

    @Test(arguments: ["fd00::1/64", "fd00::", "fd00::/129", "fd00:0:0:8::/60"])
    func noIPv6Networks(_ text: String) { #expect(IPv6Network(text) == nil) }

    @Test func hostsOfANetwork() throws {
        let network = try #require(IPv4Network("192.168.254.0/30"))
        #expect(network.host(3)?.description == "192.168.254.3")
        #expect(network.host(4) == nil)
        #expect(network.netmask.description == "255.255.255.252")
        #expect(try network.contains(#require(IPv4Address("192.168.254.3"))))
        #expect(try !network.contains(#require(IPv4Address("192.168.254.4"))))
        #expect(try network.overlaps(#require(IPv4Network("192.168.0.0/16"))))
        #expect(try !network.overlaps(#require(IPv4Network("192.168.254.4/30"))))
        #expect(try #require(IPv6Network("fd00::/64")).host(2)?.description == "fd00::2")
        #expect(try #require(IPv6Network("fd00::/121")).host(2) == nil)
    }

    @Test(arguments: [("52:54:00:12:34:56", "52:54:00:12:34:56"), ("52-54-00-AB-cd-0F", "52:54:00:ab:cd:0f")])
    func macAddresses(_ text: String, _ canonical: String) { #expect(MACAddress(text)?.description == canonical) }

    @Test(arguments: [
        "", "52:54:00:12:34", "52:54:00:12:34:56:78", "53:54:00:12:34:56", "00:00:00:00:00:00", "5:54:00:12:34:56", "zz:54:00:12:34:56",
        "+2:54:00:12:34:56",
    ])
    func noMACAddresses(_ text: String) { #expect(MACAddress(text) == nil) }

    @Test(arguments: [
        ("10022:22", "tcp:10022:22"), ("udp:53:53", "udp:53:53"), ("tcp:6000-6010:7000", "tcp:6000-6010:7000-7010"),
        ("udp:6000-6010:7000-7010", "udp:6000-6010:7000-7010"), ("65535:65535", "tcp:65535:65535"), ("1-65535:1", "tcp:1-65535:1-65535"),
    ]) func forwards(_ text: String, _ canonical: String) { #expect(PortForward(text)?.description == canonical) }

    @Test(arguments: [
        "", "22", "0:22", "22:0", "1:2:3", "sctp:1:2", "6010-6000:1", "6000-6010:7000-7009", "65536:1", "2-3:65535", "1-2-3:4", "+1:2",
        "01:2", "a:b",
    ])
    func noForwards(_ text: String) { #expect(PortForward(text) == nil) }

    /// Random text of the characters that matter never traps, and what is taken reads back as itself.
    @Test func anyTextIsTakenOrRefused() {
        var random = SplitMix64(seed: 1)
        let alphabet = Array("0123456789abcdef.:/-%tcpud +")
        for _ in 0..<20_000 {
            let text = String((0..<Int.random(in: 0...20, using: &random)).compactMap { _ in alphabet.randomElement(using: &random) })
            func check<Value: LosslessStringConvertible & Equatable>(_ value: Value?) {
                guard let value else { return }
                #expect(Value(value.description) == value, "\(text)")
            }
            check(InterfaceName(text))
            check(MACAddress(text))
            check(IPv4Address(text))
            check(IPv4Network(text))
            check(IPv6Address(text))
            check(IPv6Network(text))
            check(PortForward(text))
        }
    }

    @Test func anyIPv6AddressReadsBack() throws {
        var random = SplitMix64(seed: 2)
        for _ in 0..<5_000 {
            let bytes = (0..<16).map { _ in Bool.random(using: &random) ? UInt8.random(in: 0...255, using: &random) : 0 }
            let address = try #require(IPv6Address(bytes))
            #expect(IPv6Address(address.description) == address)
        }
    }
}
