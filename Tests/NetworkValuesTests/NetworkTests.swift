import NetworkValues
import TestSupport
import Testing

struct NetworkTests {
    @Test(arguments: [
        ("10.0.0.0/8", true), ("10.0.0.1/8", false), ("0.0.0.0/0", true), ("128.0.0.0/0", false), ("1.2.3.4/32", true),
        ("1.2.3.4/33", false),
        ("1.2.3.0/024", false), ("1.2.3.0/+24", false), ("1.2.3.0/-0", false), ("1.2.3.0", false), ("1.2.3.0/", false), ("/24", false),
        ("1.2.3.0/24/1", false), ("1.2.3.0/256", false),
    ]) func ipv4Text(_ text: String, isValid: Bool) {
        #expect(IPv4Network(text)?.description == (isValid ? text : nil))
    }

    @Test(arguments: [
        ("fd00:1:2:3::/64", true), ("fd00:1:2:3::1/64", false), ("::/0", true), ("8000::/0", false), ("::1/128", true), ("::/129", false),
        ("::/-1", false),
        ("fe80::/8", false), ("fe80::/10", true),
    ]) func ipv6Text(_ text: String, isValid: Bool) {
        #expect(IPv6Network(text)?.description == (isValid ? text : nil))
    }

    @Test(arguments: [Int.min, -1, 33, 129, Int.max]) func prefixOutOfRange(_ prefix: Int) throws {
        #expect(IPv4Network(IPv4Address(bits: 0), prefixLength: prefix) == nil)
        guard prefix != 33 else { return }
        let zero = try #require(IPv6Address([UInt8](repeating: 0, count: 16)))
        #expect(IPv6Network(zero, prefixLength: prefix) == nil)
    }

    /// Against arithmetic on ranges, which knows no masks.
    @Test(arguments: UInt64(1)...4) func ipv4Ranges(_ seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        func network() throws -> (network: IPv4Network, range: ClosedRange<UInt64>) {
            let prefix = Int.random(in: 0...32, using: &random)
            let size = UInt64(1) << (32 - prefix)
            // Few distinct high bits, so that networks do meet.
            let base = UInt64.random(in: 0...(.max), using: &random) & 0x0300_0303
            let start = base / size * size
            let network = try #require(IPv4Network(IPv4Address(bits: UInt32(start)), prefixLength: prefix))
            return (network, start...(start + size - 1))
        }
        for _ in 0..<2000 {
            let (a, b) = (try network(), try network())
            #expect(a.network.overlaps(b.network) == a.range.overlaps(b.range))
            #expect(b.network.overlaps(a.network) == a.range.overlaps(b.range))
            let address = UInt64.random(in: 0...0x03ff_ffff, using: &random)
            #expect(a.network.contains(IPv4Address(bits: UInt32(address))) == a.range.contains(address))
            let number = UInt32.random(in: 0...(.max), using: &random) >> UInt32.random(in: 0..<32, using: &random)
            let host = a.range.lowerBound + UInt64(number)
            #expect(a.network.host(number)?.bits == (a.range.contains(host) ? UInt32(host) : nil))
            #expect(UInt64(a.network.netmask.bits) == 0xffff_ffff - UInt64(a.range.count - 1))
            #expect(IPv4Network(a.network.description) == a.network)
        }
    }

    @Test func ipv6Host() {
        #expect(IPv6Network("fd00::/64")?.host(7)?.description == "fd00::7")
        #expect(IPv6Network("fd00::/120")?.host(255)?.description == "fd00::ff")
        #expect(IPv6Network("fd00::/121")?.host(1) == nil)
    }
}
