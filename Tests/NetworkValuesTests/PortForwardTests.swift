import NetworkValues
import TestSupport
import Testing

struct PortForwardTests {
    @Test(arguments: [
        ("tcp:10022:22", "tcp:10022:22"), ("10022:22", "tcp:10022:22"), ("udp:6000-6010:7000", "udp:6000-6010:7000-7010"),
        ("udp:6000-6010:7000-7010", "udp:6000-6010:7000-7010"), ("tcp:1-65535:1", "tcp:1-65535:1-65535"), ("tcp:5-5:6", "tcp:5:6"),
        ("tcp:65535:65535", "tcp:65535:65535"),
    ]) func accepts(_ text: String, description: String) {
        let forward = PortForward(text)
        #expect(forward?.description == description)
        #expect(forward?.guestPorts.count == forward?.hostPorts.count)
    }

    @Test(arguments: [
        "", ":", "::", "22", "tcp:22", "sctp:1:1", "TCP:1:1", "tcp:0:1", "tcp:1:0", "tcp:65536:1", "tcp:1-65535:2", "tcp:9-1:1",
        "tcp:1-2:1-3",
        "tcp:1:1-2", "tcp:01:1", "tcp:+1:1", "tcp:-1:1", "tcp:1-:1", "tcp:-:1", "tcp:1-2-3:1", "tcp:1:1:1", "tcp: 1:1", "tcp:0-1:5",
        "tcp:٤:1",
    ]) func refuses(_ text: String) {
        #expect(PortForward(text) == nil)
    }

    @Test(arguments: [
        (UInt16(1), UInt16(65535), UInt16(1), true), (1, 65535, 2, false), (0, 1, 1, false), (1, 1, 0, false), (65535, 65535, 65535, true),
    ])
    func ranges(_ first: UInt16, last: UInt16, guest: UInt16, isValid: Bool) {
        #expect((PortForward(.udp, first...last, to: guest) != nil) == isValid)
    }

    @Test func defaultsAreTexts() {
        #expect(PortForward.defaults.map(\.description) == ["tcp:10022:22", "tcp:15900:5900"])
        #expect(PortForward.defaults.map { PortForward($0.description) } == PortForward.defaults)
    }

    @Test(arguments: UInt64(1)...4) func random(_ seed: UInt64) {
        var random = SplitMix64(seed: seed)
        for _ in 0..<3000 {
            let (a, b) = (UInt16.random(in: 0...(.max), using: &random), UInt16.random(in: 0...(.max), using: &random))
            let guest = UInt16.random(in: 0...(.max), using: &random)
            let forward = PortForward(.tcp, min(a, b)...max(a, b), to: guest)
            let fits = min(a, b) > 0 && guest > 0 && Int(guest) + Int(max(a, b) - min(a, b)) <= 65535
            #expect((forward != nil) == fits)
            #expect(forward.flatMap { PortForward($0.description) } == forward)
            if let parsed = PortForward(random.text("tcpud:::0123456789--", count: 0...20)) {
                #expect(PortForward(parsed.description) == parsed)
            }
        }
    }
}
