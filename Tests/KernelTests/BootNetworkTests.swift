import Foundation
import Testing

extension InPrivateNetwork {
    /// `boot setup-nat` and `boot down`, with a guest behind the tap that asks for its address as guests do.
    struct BootNetwork {
        private static let mac = "00:16:3e:01:02:03"
        private static let setup = "setup-nat --set guest.mac=\(mac) --set guest.vcpus=2 --set network.queues=2"

        /// A guest's card on the tap of `setup-nat`.
        private static func attach(_ guest: borrowing Namespace) throws -> Background {
            try Background("\(Shell.tools)/guest-link --tap tap0 --queues 2 --netns-pid \(guest.pid) --mac \(mac)", ready: "ready")
        }

        private static let clients = [
            // What the script of each client is told, as one line of environment.
            ("udhcpc -i eth0 -n -q -f -t 5 -T 1 -O mtu -s", "ip=192.168.254.2 router=192.168.254.1 dns=192.168.254.1 mtu=1460"),
            (
                "dhclient -1 -d -lf /dev/null -pf /dev/null -sf",
                "new_ip_address=192.168.254.2 new_routers=192.168.254.1 new_domain_name_servers=192.168.254.1 new_interface_mtu=1460"
            ),
        ]

        @Test(arguments: clients) func aRealClientGetsTheFixedLease(_ client: String, _ expected: String) throws {
            let world = try World()
            #expect(try world.boot(Self.setup).status == 0)
            let guest = try Namespace()
            let link = try Self.attach(guest)
            let script = world.directory + "/client"
            try "#!/bin/sh\nenv >>\(world.directory)/lease\n".write(toFile: script, atomically: true, encoding: .utf8)
            try Shell.must("chmod 755 \(script)")
            let running = try Background("\(client) \(script) eth0".replacing("-s \(script) eth0", with: "-s \(script)"), in: guest.pid)
            let end = Date().addingTimeInterval(15)
            var lease = ""
            let words = expected.split(separator: " ").map(String.init)
            repeat {
                usleep(100_000)
                lease = (try? String(contentsOfFile: world.directory + "/lease", encoding: .utf8)) ?? ""
            } while !words.allSatisfy({ lease.contains($0 + "\n") }) && Date() < end
            for word in words { #expect(lease.contains(word + "\n"), "\(word) in\n\(lease)") }
            running.stop()
            link.stop()
        }

        @Test func theGuestReachesTheWorldAndIsReached() throws {
            let world = try World()
            #expect(try world.boot(Self.setup).status == 0)
            let guest = try Namespace()
            let link = try Self.attach(guest)
            try guest.must("udhcpc -i eth0 -n -q -f -t 5 -T 1 -s /bin/true")
            try guest.must("ip address add 192.168.254.2/24 dev eth0 && ip route add default via 192.168.254.1")
            let outside = try world.host.start("peer serve tcp:80 udp:80")
            #expect(try guest.ask("tcp", "203.0.113.7", 80) == .from("10.9.0.1 80"))
            #expect(try guest.ask("udp", "203.0.113.7", 80) == .from("10.9.0.1 80"))
            outside.stop()
            let inside = try guest.start("peer serve tcp:22 tcp:5900")
            #expect(try world.host.ask("tcp", "10.9.0.1", 10022) == .from("10.9.0.2 22"))
            #expect(try world.host.ask("tcp", "10.9.0.1", 15900) == .from("10.9.0.2 5900"))
            #expect(try world.host.ask("tcp", "10.9.0.1", 10023) == .none)
            inside.stop()
            link.stop()
        }

        @Test func routerAdvertisementsGiveTheGuestIPv6() throws {
            let world = try World()
            #expect(try world.boot(Self.setup).status == 0)
            let guest = try Namespace()
            let link = try Self.attach(guest)
            let end = Date().addingTimeInterval(20)
            var addresses = ""
            repeat {
                usleep(200_000)
                addresses = try guest.must("ip -6 address show dev eth0 scope global -tentative")
            } while !addresses.contains("inet6 fd") && Date() < end
            #expect(addresses.contains("inet6 fd"), "\(addresses)")
            #expect(try guest.must("ip -6 route show default").contains("via fe80::"))
            let outside = try world.host.start("peer serve tcp:80")
            #expect(try guest.ask("tcp", "2001:db8::7", 80) == .from("fd09::1 80"))
            outside.stop()
            link.stop()
        }

        @Test func dnsAnswersThroughTheGateway() throws {
            let world = try World()
            #expect(try world.boot(Self.setup).status == 0)
            let guest = try Namespace()
            let link = try Self.attach(guest)
            try guest.must("ip address add 192.168.254.2/24 dev eth0")
            // The guest's own name is the one that dnsmasq knows without a resolver.
            try guest.must("udhcpc -i eth0 -n -q -f -t 5 -T 1 -s /bin/true")
            #expect(try guest.must("busybox nslookup macos 192.168.254.1").contains("192.168.254.2"))
            link.stop()
        }

        @Test func twiceIsOnceAndDownIsNothing() throws {
            let world = try World()
            let before = try world.look()
            #expect(try world.boot(Self.setup).status == 0)
            var first = try world.look()
            #expect(try world.boot(Self.setup).status == 0)
            var second = try world.look()
            #expect(first["processes"]?.isEmpty == false)
            // dnsmasq is started anew: another number, the same words.
            for key in ["processes"] {
                first[key] = first[key]?.split(separator: " ").dropFirst().joined(separator: " ")
                second[key] = second[key]?.split(separator: " ").dropFirst().joined(separator: " ")
            }
            #expect(first == second)
            #expect(try world.boot("down").status == 0)
            #expect(try world.look() == before)
            #expect(try world.boot("down").status == 0, "nothing to undo is no error")
        }

        @Test func forwardingThatWasOnStaysOn() throws {
            let world = try World()
            try Shell.must("sysctl -qw net.ipv4.ip_forward=1")
            let before = try world.look()
            #expect(try world.boot(Self.setup).status == 0)
            #expect(try world.boot("down").status == 0)
            #expect(try world.look() == before)
            try Shell.must("sysctl -qw net.ipv4.ip_forward=0")
        }

        @Test func aLateDefaultRouteIsWaitedFor() throws {
            let world = try World()
            try Shell.must("ip route delete default")
            let late = try Background("sh -c 'sleep 1; ip route add default via 10.9.0.2'")
            let result = try world.boot(Self.setup + " --set network.wait=15 --set network.ipv6=off")
            #expect(result.status == 0)
            #expect(result.errors.contains("uplink came"))
            #expect(try Shell.must("ip -j link show dev tap0").contains("\"mtu\":1460"))
            late.stop()
        }

        @Test func anOverlappingRouteMovesTheSubnetAside() throws {
            let world = try World()
            try Shell.must("ip route add 192.168.254.0/25 via 10.9.0.2")
            #expect(try world.boot(Self.setup).status == 0)
            #expect(try Shell.must("ip -j address show dev tap0").contains("192.168.253.1"))
            let refused = try world.boot(Self.setup + " --set network.subnet=192.168.254.0/24")
            #expect(refused.status == 78)
            #expect(refused.errors.contains("192.168.254.0/25"))
        }
    }
}
