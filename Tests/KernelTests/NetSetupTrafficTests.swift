import Foundation
import NetSetup
import NetworkValues
import Testing

extension InPrivateNetwork {
    /// What packets make of the rules: who reaches whom, and who the other side believes it is.
    struct Traffic {
        private static func askHere(_ transport: String, _ host: String, _ port: Int) throws -> Answer {
            .of(try Shell.run("\(Shell.tools)/peer ask \(transport) \(host) \(port)"))
        }

        @Test func theGuestGoesOutAsL1() throws {
            let net = try Topology()
            let server = try net.host.start("peer serve tcp:80 udp:80")
            // Without the table the host sees the guest, and does not know the way back.
            #expect(try net.guest.ask("tcp", Topology.hostAddresses.v4, 80) == .none)
            try Firewall().install(Topology.rules())
            for transport in ["tcp", "udp"] {
                #expect(try net.guest.ask(transport, Topology.hostAddresses.v4, 80) == .from("10.9.0.1 80"))
                #expect(try net.guest.ask(transport, "203.0.113.7", 80) == .from("10.9.0.1 80"))
                #expect(try net.guest.ask(transport, Topology.hostAddresses.v6, 80) == .from("fd09::1 80"))
                #expect(try net.guest.ask(transport, "2001:db8::7", 80) == .from("fd09::1 80"))
            }
            #expect(try net.guest.run("ping -c1 -W2 203.0.113.7 && ping -c1 -W2 2001:db8::7").succeeded)
            server.stop()
        }

        @Test func theUplinkIsTheOnlyWayOutWhenOneIsNamed() throws {
            let net = try Topology()
            let server = try net.host.start("peer serve tcp:80")
            let firewall = try Firewall()
            try firewall.install(Topology.rules { $0.egress = InterfaceName("uplink") })
            #expect(try net.guest.ask("tcp", Topology.hostAddresses.v4, 80) == .from("10.9.0.1 80"))
            try firewall.install(Topology.rules { $0.egress = InterfaceName("other") })
            #expect(try net.guest.ask("tcp", Topology.hostAddresses.v4, 80) == .none)
            server.stop()
        }

        @Test func forwardsLeadToTheGuest() throws {
            let net = try Topology()
            let server = try net.guest.start("peer serve tcp:22 udp:53 tcp:6000 tcp:6010 udp:6005 tcp:8000 tcp:8002 tcp:8003")
            let outside = try net.host.start("peer serve tcp:10022")
            try Firewall().install(
                Topology.rules {
                    $0.forwards = ["10022:22", "udp:53:53", "tcp:6000-6010:6000", "udp:6000-6010:6000", "tcp:7000-7002:8000"]
                        .compactMap { PortForward($0) }
                })
            let expected = [
                ("tcp", 10022, 22), ("udp", 53, 53), ("tcp", 6000, 6000), ("tcp", 6010, 6010), ("udp", 6005, 6005), ("tcp", 7000, 8000),
                ("tcp", 7002, 8002),
            ]
            for (transport, port, to) in expected {
                // From outside, the guest sees who asks.
                #expect(try net.host.ask(transport, Topology.l1Addresses.v4, port) == .from("10.9.0.2 \(to)"), "\(transport) \(port)")
                #expect(try net.host.ask(transport, Topology.l1Addresses.v6, port) == .from("fd09::2 \(to)"), "\(transport) \(port) v6")
            }
            // L1's own connections to its own address, but not those to loopback.
            #expect(try Self.askHere("tcp", Topology.l1Addresses.v4, 10022) == .from("10.9.0.1 22"))
            #expect(try Self.askHere("tcp", Topology.l1Addresses.v6, 10022) == .from("fd09::1 22"))
            #expect(try Self.askHere("tcp", "127.0.0.1", 10022) == .none)
            #expect(try Self.askHere("tcp", "::1", 10022) == .none)
            // Hairpin: the guest reaches itself by way of L1, which lends it its address.
            #expect(try net.guest.ask("tcp", Topology.l1Addresses.v4, 10022) == .from("192.168.254.1 22"))
            #expect(try net.guest.ask("udp", Topology.l1Addresses.v4, 6005) == .from("192.168.254.1 6005"))
            #expect(try net.guest.ask("tcp", Topology.l1Addresses.v6, 10022) == .from("fd00:1::1 22"))
            // The same port elsewhere is somebody else's.
            #expect(try net.guest.ask("tcp", Topology.hostAddresses.v4, 10022) == .from("10.9.0.1 10022"))
            // What is forwarded nowhere.
            #expect(try net.host.ask("tcp", Topology.l1Addresses.v4, 7003) == .none)
            #expect(try net.host.ask("tcp", Topology.l1Addresses.v4, 22) == .none)
            server.stop()
            outside.stop()
        }

        /// As on linuxkit's kernel: by the link over which a packet comes, instead of by its address.
        @Test func forwardsWithoutAddressLookup() throws {
            let net = try Topology()
            let server = try net.guest.start("peer serve tcp:22 udp:53")
            let outside = try net.host.start("peer serve tcp:10022")
            try Firewall().install(
                Topology.rules {
                    $0.forwards = ["10022:22", "udp:53:53"].compactMap { PortForward($0) }
                    $0.hasAddressLookup = false
                })
            #expect(try net.host.ask("tcp", Topology.l1Addresses.v4, 10022) == .from("10.9.0.2 22"))
            #expect(try net.host.ask("tcp", Topology.l1Addresses.v6, 10022) == .from("fd09::2 22"))
            #expect(try net.host.ask("udp", Topology.l1Addresses.v4, 53) == .from("10.9.0.2 53"))
            #expect(try Self.askHere("tcp", Topology.l1Addresses.v4, 10022) == .from("10.9.0.1 22"))
            #expect(try Self.askHere("tcp", Topology.l1Addresses.v6, 10022) == .from("fd09::1 22"))
            #expect(try Self.askHere("tcp", "127.0.0.1", 10022) == .none)
            // The same port elsewhere is somebody else's, and the guest does not reach its own.
            #expect(try net.guest.ask("tcp", Topology.hostAddresses.v4, 10022) == .from("10.9.0.1 10022"))
            #expect(try net.guest.ask("tcp", Topology.l1Addresses.v4, 10022) == .none)
            server.stop()
            outside.stop()
        }

        @Test func nobodyReachesTheGuestUnasked() throws {
            let net = try Topology()
            let server = try net.guest.start("peer serve tcp:22")
            try net.host.must("ip route add 192.168.254.0/24 via 10.9.0.1 && ip -6 route add fd00:1::/64 via fd09::1")
            #expect(try net.host.ask("tcp", Topology.guestAddresses.v4, 22) == .from("10.9.0.2 22"), "the way is there")
            try Firewall().install(Topology.rules())
            #expect(try net.host.ask("tcp", Topology.guestAddresses.v4, 22) == .none)
            #expect(try net.host.ask("tcp", Topology.guestAddresses.v6, 22) == .none)
            server.stop()
        }

        @Test(arguments: [false, true]) func l1sOwnServices(_ allowed: Bool) throws {
            let net = try Topology()
            let server = try Background("\(Shell.tools)/peer serve tcp:5900 udp:111 tcp:53 udp:53", ready: "ready")
            try Firewall().install(Topology.rules { $0.allowHost = allowed })
            for address in [Topology.gateways.v4, Topology.l1Addresses.v4] {
                #expect(try net.guest.ask("tcp", address, 5900) == (allowed ? .from("192.168.254.2 5900") : .none))
                #expect(try net.guest.ask("udp", address, 111) == (allowed ? .from("192.168.254.2 111") : .none))
            }
            for address in [Topology.gateways.v6, Topology.l1Addresses.v6] {
                #expect(try net.guest.ask("tcp", address, 5900) == (allowed ? .from("fd00:1::2 5900") : .none))
            }
            // DNS and ping are open either way.
            for transport in ["tcp", "udp"] {
                #expect(try net.guest.ask(transport, Topology.gateways.v4, 53) == .from("192.168.254.2 53"))
                #expect(try net.guest.ask(transport, Topology.gateways.v6, 53) == .from("fd00:1::2 53"))
            }
            #expect(try net.guest.run("ping -c1 -W2 192.168.254.1 && ping -c1 -W2 fd00:1::1").succeeded)
            // L1 itself may talk to the guest, whatever the guest may.
            #expect(try Shell.run("ping -c1 -W2 192.168.254.2 && ping -c1 -W2 fd00:1::2").succeeded)
            // Others may use L1's services as before.
            #expect(try net.host.ask("tcp", Topology.l1Addresses.v4, 5900) == .from("10.9.0.2 5900"))
            server.stop()
        }

        @Test(arguments: [false, true]) func theCloudsMetadata(_ allowed: Bool) throws {
            let net = try Topology()
            let server = try net.host.start("peer serve tcp:80")
            try Shell.must("ip route add 169.254.169.254 dev uplink")
            try Firewall().install(Topology.rules { $0.allowMetadata = allowed })
            #expect(try Self.askHere("tcp", "169.254.169.254", 80) != .none, "L1 itself reaches it")
            #expect(try net.guest.ask("tcp", "169.254.169.254", 80) == (allowed ? .from("10.9.0.1 80") : .none))
            #expect(try net.guest.ask("tcp", "fd00:ec2::254", 80) == (allowed ? .from("fd09::1 80") : .none))
            server.stop()
        }

        @Test(arguments: [false, true]) func addressesThatAreNotTheGuests(_ allowHost: Bool) throws {
            let net = try Topology()
            let server = try net.host.start("peer serve udp:80")
            let local = try Background("\(Shell.tools)/peer serve tcp:5900", ready: "ready")
            try Shell.must("ip route add 192.0.2.0/24 dev tap0 && ip -6 route add 2001:db8:1::/64 dev tap0")
            try net.guest.must("ip address add 192.0.2.9/32 dev eth0 && ip address add 2001:db8:1::9/128 dev eth0 nodad")
            try Firewall().install(Topology.rules { $0.allowHost = allowHost })
            let capture = try Background("tcpdump -lni uplink src 192.0.2.9 or src 2001:db8:1::9", ready: "listening on")
            for target in ["10.9.0.2", "192.168.254.1"] { _ = try net.guest.run("ping -c1 -W1 -I 192.0.2.9 \(target)") }
            _ = try net.guest.run("ping -c1 -W1 -I 2001:db8:1::9 fd09::2")
            #expect(!capture.text.contains("IP 192.0.2.9") && !capture.text.contains("IP6 2001:db8:1::9"))
            // DNS is open to anybody on the link; L1's other services only to the guest's own addresses.
            let bind = "python3 -c \"import socket; socket.create_connection(('192.168.254.1', 5900), 1.5, ('192.0.2.9', 0))\""
            #expect(try !net.guest.run(bind).succeeded)
            #expect(try net.guest.ask("udp", Topology.hostAddresses.v4, 80) == .from("10.9.0.1 80"))
            server.stop()
            local.stop()
            capture.stop()
        }

        /// The guest believes in 1500 bytes, L1's uplink carries 1460: 1420 for IPv4, 1400 for IPv6.
        @Test func segmentsFitTheSmallestLink() throws {
            let net = try Topology(mtu: 1460)
            let server = try net.host.start("peer serve tcp:80")
            let inside = try net.guest.start("peer serve tcp:22")
            try Firewall().install(Topology.rules())
            let out = try Background("tcpdump -lni eth0 'tcp port 80'", in: net.host.pid, ready: "listening on")
            let back = try Background("tcpdump -lni eth0 'tcp port 22'", in: net.guest.pid, ready: "listening on")
            #expect(try net.guest.ask("tcp", Topology.hostAddresses.v4, 80) != .none)
            #expect(try net.host.ask("tcp", Topology.l1Addresses.v4, 10022) != .none)
            try out.expect("Flags [S.]")
            try back.expect("Flags [S.]")
            #expect(out.text.contains("10.9.0.1.") && out.text.contains("mss 1420"), "\(out.text)")
            #expect(back.text.contains("Flags [S]") && back.text.contains("mss 1420"), "\(back.text)")
            let six = try Background("tcpdump -lni eth0 'ip6 and tcp dst port 80'", in: net.host.pid, ready: "listening on")
            #expect(try net.guest.ask("tcp", Topology.hostAddresses.v6, 80) != .none)
            try six.expect("Flags [S]")
            #expect(six.text.contains("mss 1400"), "\(six.text)")
            server.stop()
            inside.stop()
        }

        /// Segments of 64 KiB and unfinished checksums, over several queues, in both directions.
        @Test(arguments: [1, 4]) func muchDataGoesThrough(_ queues: Int) throws {
            let net = try Topology(queues: queues)
            let outside = try net.host.start("peer serve tcp:80")
            let inside = try net.guest.start("peer serve tcp:22")
            try Firewall().install(Topology.rules())
            let count = 4 << 20
            #expect(try net.guest.must("\(Shell.tools)/peer bulk 10.9.0.2 80 \(count)") == "\(count)\n")
            #expect(try net.host.must("\(Shell.tools)/peer bulk 10.9.0.1 10022 \(count)") == "\(count)\n")
            #expect(try net.guest.must("\(Shell.tools)/peer bulk fd09::2 80 \(count)") == "\(count)\n")
            outside.stop()
            inside.stop()
        }

        @Test func aReplacedTableKeepsConnectionsAlive() throws {
            let net = try Topology()
            let server = try net.host.start("peer serve tcp:80")
            let firewall = try Firewall()
            try firewall.install(Topology.rules())
            let line = """
                python3 -c "
                import socket, time
                c = socket.create_connection(('10.9.0.2', 80), 2)
                print(c.makefile().readline(), flush=True)
                time.sleep(1.5)
                c.sendall(b'12345')
                c.shutdown(socket.SHUT_WR)
                c.settimeout(3)
                print('got', c.recv(100).decode(), flush=True)
                "
                """
            let client = try Background(line, in: net.guest.pid, ready: "10.9.0.1 80")
            for _ in 0..<20 { try firewall.install(Topology.rules()) }
            try client.expect("got 5")
            server.stop()
        }
    }
}
