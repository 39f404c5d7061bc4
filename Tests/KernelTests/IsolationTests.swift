import Foundation
import NetworkValues
import Testing

@testable import NetSetup

extension InPrivateNetwork {
    /// What an attacker tries from the guest, from the uplink and from a third network. See SECURITY.md.
    struct Isolation {
        /// A third network behind L1, beside the uplink and the tap: 10.8.0.2 and fd08::2.
        private struct Third: ~Copyable {
            let host: Namespace

            init(routeBackFrom outside: borrowing Namespace) throws {
                let host = try Namespace()
                _ = try Shell.run("ip link delete lan")
                try Shell.must(
                    """
                    ip link add lan type veth peer name eth0 netns \(host.pid) && ip link set lan up &&
                    ip address add 10.8.0.1/24 dev lan && ip address add fd08::1/64 dev lan nodad
                    """)
                try host.must(
                    """
                    ip address add 10.8.0.2/24 dev eth0 && ip address add fd08::2/64 dev eth0 nodad && ip link set eth0 up &&
                    ip route add default via 10.8.0.1 && ip -6 route add default via fd08::1
                    """)
                try outside.must("ip route add 10.8.0.0/24 via 10.9.0.1 && ip -6 route add fd08::/64 via fd09::1")
                self.host = host
            }

            deinit { _ = try? Shell.run("ip link delete lan") }
        }

        private static func linkAddress(_ device: String) throws -> String {
            try Shell.must("cat /sys/class/net/\(device)/address").trimmingCharacters(in: .newlines)
        }

        /// What tcpdump sees on eth0 of a namespace while something is sent.
        private static func capture(_ filter: String, in namespace: Int32, _ body: () throws -> Void) throws -> String {
            let capture = try Background("tcpdump -lni eth0 '\(filter)'", in: namespace, ready: "listening on")
            for _ in 0..<3 { try body() }
            Thread.sleep(forTimeInterval: 0.5)
            defer { capture.stop() }
            return capture.text
        }

        @Test(arguments: [("192.168.254.2", "10.8.0.2"), ("192.168.254.99", "10.8.0.2"), ("fd00:1::2", "fd08::2")])
        func aNeighbourDoesNotPassForTheGuest(_ source: String, _ target: String) throws {
            let net = try Topology()
            let third = try Third(routeBackFrom: net.host)
            let mac = try Self.linkAddress("uplink")
            let forge = "\(Shell.tools)/forge udp eth0 \(mac) \(source) 7777 \(target) 7"
            // Link-local addresses settle, and both ends know each other.
            _ = try net.host.run("for n in 1 2 3 4 5; do ping -c1 -W1 \(target) && break; done")
            for mode in [0, 2] { try Shell.must("sysctl -qw net.ipv4.conf.all.rp_filter=\(mode) net.ipv4.conf.uplink.rp_filter=\(mode)") }
            let before = try Self.capture("udp port 7", in: third.host.pid) { try net.host.must(forge) }
            #expect(before.contains(".7: UDP"), "the way is there")
            try Firewall().install(Topology.rules())
            let after = try Self.capture("udp port 7", in: third.host.pid) { try net.host.must(forge) }
            #expect(!after.contains("UDP"), "\(after)")
        }

        @Test(arguments: [
            "169.254.169.254", "169.254.170.2", "168.63.129.16", "100.100.100.200", "192.0.0.192", "fd00:ec2::254", "fd00:ec2::23",
            "fd20:ce::254", "fd00:c1::a9fe:a9fe", "fd00:42::42",
        ]) func noCloudsControlAddressAnswersTheGuest(_ address: String) throws {
            let net = try Topology()
            let length = address.contains(":") ? 128 : 32
            try net.host.must("ip address replace \(address)/\(length) dev lo")
            let server = try net.host.start("peer serve tcp:80 udp:53")
            try Firewall().install(Topology.rules { $0.allowMetadata = true })
            #expect(try net.guest.ask("tcp", address, 80) != .none, "what network.allow_metadata opens")
            try Firewall().install(Topology.rules())
            #expect(try net.guest.ask("tcp", address, 80) == .none)
            #expect(try net.guest.ask("udp", address, 53) == .none)
            #expect(try Shell.run("\(Shell.tools)/peer ask tcp \(address) 80").succeeded, "L1 itself keeps it")
            server.stop()
        }

        @Test func dnsIsAnsweredAtTheGatewayAlone() throws {
            let net = try Topology()
            let server = try Background("\(Shell.tools)/peer serve tcp:53 udp:53 udp:67", ready: "ready")
            try Firewall().install(Topology.rules())
            for transport in ["tcp", "udp"] {
                #expect(try net.guest.ask(transport, Topology.gateways.v4, 53) == .from("192.168.254.2 53"))
                #expect(try net.guest.ask(transport, Topology.gateways.v6, 53) == .from("fd00:1::2 53"))
                #expect(try net.guest.ask(transport, Topology.l1Addresses.v4, 53) == .none)
                #expect(try net.guest.ask(transport, Topology.l1Addresses.v6, 53) == .none)
            }
            #expect(try net.guest.ask("udp", Topology.l1Addresses.v4, 67) == .none)
            // From outside, the tap's addresses are out of reach; L1's own resolver answers as before.
            try net.host.must("ip route add 192.168.254.0/24 via 10.9.0.1 && ip -6 route add fd00:1::/64 via fd09::1")
            for address in [Topology.gateways.v4, Topology.gateways.v6] {
                #expect(try net.host.ask("udp", address, 53) == .none)
                #expect(try net.host.ask("tcp", address, 53) == .none)
            }
            #expect(try net.host.ask("udp", Topology.l1Addresses.v4, 53) == .from("10.9.0.2 53"))
            server.stop()
        }

        @Test(arguments: [("203.0.113.7", "192.168.254.1"), ("2001:db8::7", "fd00:1::1")])
        func noAnswerGoesToAForgedSource(_ source: String, _ gateway: String) throws {
            let net = try Topology()
            let server = try Background("\(Shell.tools)/peer serve udp:53", ready: "ready")
            let forge = "\(Shell.tools)/forge udp eth0 \(try Self.linkAddress("tap0")) \(source) 7777 \(gateway) 53 dns"
            try Shell.must("sysctl -qw net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.tap0.rp_filter=0")
            // The next hop is known, so that the answer is not held back.
            _ = try Shell.run("for n in 1 2 3 4 5; do ping -c1 -W1 \(source) && break; done")
            let before = try Self.capture("udp port 7777", in: net.host.pid) { try net.guest.must(forge) }
            #expect(before.contains("\(source).7777"), "the way is there")
            try Firewall().install(Topology.rules { $0.allowHost = true })
            let after = try Self.capture("udp port 7777", in: net.host.pid) { try net.guest.must(forge) }
            #expect(!after.contains("\(source).7777"), "\(after)")
            server.stop()
        }

        /// A connected UDP socket learns of "port unreachable" at its next call.
        private static let flow = """
            import socket, sys, time
            s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            s.bind((sys.argv[1], 40000)); s.connect((sys.argv[2], 9)); s.settimeout(0.1)
            print('ready', flush=True)
            while True:
                try: s.send(b'q'); s.recv(10)
                except TimeoutError: pass
                except OSError as error: print('ERROR', error, flush=True)
            """

        @Test(arguments: [false, true]) func errorsAboutConnectionsOfOthersAreNotBelieved(_ allowHost: Bool) throws {
            let net = try Topology()
            let sink = try net.host.start("peer serve udp:9")
            let script = FileManager.default.temporaryDirectory.appending(path: "flow-\(UUID().uuidString).py").path
            try Self.flow.write(toFile: script, atomically: true, encoding: .utf8)
            defer { try? FileManager.default.removeItem(atPath: script) }
            let mac = try Self.linkAddress("tap0")
            let forge = "\(Shell.tools)/forge unreachable eth0 \(mac) 192.168.254.2"
            try Firewall().install(Topology.rules { $0.allowHost = allowHost })
            let own = try Background("python3 \(script) 10.9.0.1 203.0.113.7", ready: "ready")
            for _ in 0..<5 {
                try net.guest.must("\(forge) 10.9.0.1 10.9.0.1 40000 203.0.113.7 9")
                Thread.sleep(forTimeInterval: 0.1)
            }
            #expect(!own.text.contains("ERROR"), "\(own.text)")
            // Nor does it go on to the other end, as if L1 had sent it.
            let seen = try Self.capture("icmp", in: net.host.pid) {
                try net.guest.must("\(forge) 203.0.113.7 203.0.113.7 9 10.9.0.1 40000")
            }
            #expect(!seen.contains("unreachable"), "\(seen)")
            own.stop()
            // What concerns the guest is believed: it has nothing at this port.
            let guest = try Background("python3 \(script) 192.168.254.1 192.168.254.2", ready: "ready")
            try guest.expect("ERROR [Errno 111]")
            guest.stop()
            sink.stop()
        }

        @Test(arguments: [NATRules.Transit.closed, .unrestricted]) func noRouterForOthers(_ transit: NATRules.Transit) throws {
            let net = try Topology()
            let third = try Third(routeBackFrom: net.host)
            let outside = try net.host.start("peer serve tcp:80")
            let inside = try third.host.start("peer serve tcp:80")
            try Firewall().install(
                Topology.rules {
                    $0.transit4 = transit
                    $0.transit6 = transit
                })
            let open = transit == .unrestricted
            #expect(try third.host.ask("tcp", Topology.hostAddresses.v4, 80) == (open ? .from("10.8.0.2 80") : .none))
            #expect(try third.host.ask("tcp", Topology.hostAddresses.v6, 80) == (open ? .from("fd08::2 80") : .none))
            #expect(try net.host.ask("tcp", "10.8.0.2", 80) == (open ? .from("10.9.0.2 80") : .none))
            #expect(try net.guest.ask("tcp", Topology.hostAddresses.v4, 80) == .from("10.9.0.1 80"))
            #expect(try net.guest.ask("tcp", Topology.hostAddresses.v6, 80) == .from("fd09::1 80"))
            outside.stop()
            inside.stop()
        }

        @Test func aLinkThatIsClosedForOthers() throws {
            let net = try Topology()
            let third = try Third(routeBackFrom: net.host)
            let outside = try net.host.start("peer serve udp:80")
            let inside = try third.host.start("peer serve udp:80")
            try Firewall().install(Topology.rules { $0.transit4 = .closedFrom([try #require(InterfaceName("uplink"))]) })
            #expect(try net.host.ask("udp", "10.8.0.2", 80) == .none)
            #expect(try net.guest.ask("udp", Topology.hostAddresses.v4, 80) == .from("10.9.0.1 80"))
            outside.stop()
            inside.stop()
        }
    }
}
