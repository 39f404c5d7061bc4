import Foundation
import NetSetup
import SystemPackage
import Testing

extension InPrivateNetwork {
    /// DHCP through a tap whose checksums are offloaded, with a guest that sees them as they are.
    struct ChecksumsOfDHCP {
        private static let dnsmasq = """
            dnsmasq --no-daemon --conf-file=/dev/null --port=0 --interface=tap0 --bind-interfaces --log-dhcp \
            --dhcp-authoritative --no-ping --dhcp-leasefile=/dev/null --user=root --dhcp-range=192.168.254.2,192.168.254.2,1h
            """

        private static func start() throws -> Background { try Background(dnsmasq, ready: "sockets bound exclusively to interface tap0") }

        private static let udhcpc = "udhcpc -i eth0 -n -q -f -t 2 -T 1 -s /bin/true"
        private static let clients = [
            (udhcpc, "lease of 192.168.254.2 obtained"),
            ("dhclient -1 -v -d -lf /dev/null -pf /dev/null -sf /bin/true eth0", "DHCPACK of 192.168.254.2 from 192.168.254.1"),
        ]

        /// The guest without its address, and what tcpdump makes of the answers that reach it.
        private static func watch(_ net: borrowing Topology) throws -> Background {
            try net.guest.must("ip address flush dev eth0")
            return try Background("tcpdump -lvvnni eth0 udp src port 67", in: net.guest.pid, ready: "listening on")
        }

        @Test func withoutHelpAStrictClientGetsNoLease() throws {
            let net = try Topology()
            try Firewall().install(Topology.rules())
            let server = try Self.start()
            let capture = try Self.watch(net)
            #expect(try !net.guest.run(Self.udhcpc).succeeded, "or the test below proves nothing")
            try capture.expect("bad udp cksum")
            server.stop()
        }

        @Test(arguments: clients) func withoutChecksumsEveryClientGetsOne(_ client: String, _ success: String) throws {
            let net = try Topology()
            try Firewall().install(Topology.rules())
            let server = try Self.start()
            #expect(try UDPChecksum.disable(ofProcess: server.pid, port: 67) == 1)
            let capture = try Self.watch(net)
            let running = try Background(client, in: net.guest.pid, ready: success)
            try capture.expect("[no cksum]")
            #expect(!capture.text.contains("bad udp cksum"))
            running.stop()
            server.stop()
        }

        @Test func onlyTheAskedPortIsChanged() throws {
            let server = try Background("\(Shell.tools)/peer serve udp:6767 tcp:67", ready: "ready")
            #expect(try UDPChecksum.disable(ofProcess: server.pid, port: 67) == 0)
            server.stop()
        }

        @Test func noSuchProcess() throws {
            let gone = try Background("true")
            gone.stop()
            let error = #expect(throws: NetError.self) { _ = try UDPChecksum.disable(ofProcess: gone.pid, port: 67) }
            #expect(error?.description == "turn off UDP checksums of process \(gone.pid): pidfd_open: No such process")
        }
    }
}
