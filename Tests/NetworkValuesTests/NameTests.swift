import FoundationEssentials
import NetworkValues
import TestSupport
import Testing

/// Interface names, Ethernet addresses, and how all values are encoded.
struct NameTests {
    @Test(arguments: ["a", "eth0", "enp0s31f6", "fifteencharacte", "eth0.100", "br-0", "...", "@x", "veth#1"]) func interfaceNames(
        _ text: String
    ) {
        #expect(InterfaceName(text)?.description == text)
    }

    @Test(arguments: ["", ".", "..", "sixteencharacter", "a/b", "a:1", "a b", "tap%d", "a\"", "a\\", "a\n", "a\0", "é", "a,b", "\u{7f}"])
    func noInterfaceNames(_ text: String) {
        #expect(InterfaceName(text) == nil)
    }

    @Test(
        arguments: [
            ("52:54:00:12:34:56", "52:54:00:12:34:56"), ("52-54-00-AB-CD-EF", "52:54:00:ab:cd:ef"),
            ("00:00:00:00:00:01", "00:00:00:00:00:01"),
            ("01:00:5e:00:00:01", nil), ("ff:ff:ff:ff:ff:ff", nil), ("00:00:00:00:00:00", nil), ("52:54:00:12:34", nil),
            ("52:54:00:12:34:56:78", nil),
            ("52:54:0:12:34:56", nil), ("52:54:00:12:34:5g", nil), ("+2:54:00:12:34:56", nil), ("525400123456", nil), ("", nil),
            (":::::", nil),
            ("52:54:00:12:34:56 ", nil), ("52:54:00:12:34:٤٤", nil),
        ] as [(String, String?)]) func macAddresses(_ text: String, description: String?)
    {
        #expect(MACAddress(text)?.description == description)
    }

    @Test(arguments: UInt64(1)...4) func macRandom(_ seed: UInt64) {
        var random = SplitMix64(seed: seed)
        for _ in 0..<2000 {
            let bytes = (0..<Int.random(in: 5...7, using: &random)).map { _ in UInt8.random(in: 0...255, using: &random) }
            let address = MACAddress(bytes)
            #expect((address != nil) == (bytes.count == 6 && bytes[0] % 2 == 0))
            #expect(address.flatMap { MACAddress($0.description) } == address)
            _ = MACAddress(random.text("0123456789abcdef::::--+", count: 0...20))
        }
    }

    private func encoded<Value: TextCodable>(_ value: Value) throws -> String {
        let data = try JSONEncoder().encode([value])
        #expect(try JSONDecoder().decode([Value].self, from: data) == [value])
        return String(decoding: data, as: UTF8.self)
    }

    @Test func encodedAsText() throws {
        #expect(try encoded(#require(InterfaceName("eth0"))) == "[\"eth0\"]")
        #expect(try encoded(#require(MACAddress("52:54:00:12:34:56"))) == "[\"52:54:00:12:34:56\"]")
        #expect(try encoded(#require(IPv6Address("fd00::1"))) == "[\"fd00::1\"]")
        #expect(try encoded(PortForward.defaults[0]) == "[\"tcp:10022:22\"]")
    }

    @Test func badTextSaysWhatIsExpected() {
        let error = #expect(throws: DecodingError.self) { try JSONDecoder().decode([IPv4Address].self, from: Data("[\"1.2.3\"]".utf8)) }
        guard case .dataCorrupted(let context) = error else {
            Issue.record("not dataCorrupted: \(String(describing: error))")
            return
        }
        #expect(context.debugDescription == "'1.2.3' is not an IPv4 address")
    }
}
