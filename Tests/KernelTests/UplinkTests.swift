import Foundation
import Testing

extension InPrivateNetwork {
    /// The guest's network follows that of the machine, with a real guest's traffic before and after.
    struct Uplink {
        private static let mac = "00:16:3e:01:02:03"

        private struct Running: ~Copyable {
            let boot: Background
            let link: Background
        }

        /// A supervised guest with a sleeping program in QEMU's place, and the guest's card in a namespace of its own.
        private static func start(
            _ guest: borrowing StandInGuest, _ namespace: borrowing Namespace, _ more: String = ""
        ) throws -> Running {
            let boot = try guest.start("--supervise --set guest.mac=\(mac) \(more)")
            try boot.expect("the program runs", within: 20)
            let program = try Shell.must("pgrep -x -P \(boot.pid) sleep").trimmingCharacters(in: .whitespacesAndNewlines)
            let link = try Background(
                "\(Shell.tools)/guest-link --tap tap0 --process \(program) --netns-pid \(namespace.pid) --mac \(mac)", ready: "ready")
            try namespace.must("udhcpc -i eth0 -n -q -f -t 5 -T 1 -s /bin/true")
            try namespace.must("ip address add 192.168.254.2/24 dev eth0 && ip route add default via 192.168.254.1")
            return Running(boot: boot, link: link)
        }

        private static func machine() throws -> StandInGuest {
            try StandInGuest.make(script: "#!/bin/sh\necho the program runs\nexec sleep 600\n")
        }

        /// A second way out: 10.8.0.2 and the world's 203.0.113.7 behind an interface of its own.
        private static func plug(_ other: borrowing Namespace, mtu: Int) throws {
            try Shell.must(
                """
                ip link add second mtu \(mtu) type veth peer name eth0 netns \(other.pid) &&
                ip address add 10.8.0.1/24 dev second && ip link set second up
                """)
            try other.must("ip address add 10.8.0.2/24 dev eth0 && ip link set eth0 up && ip address add 203.0.113.7/32 dev lo")
            try Shell.must("ip route replace default via 10.8.0.2")
        }

        private static func unplug() { _ = try? Shell.run("ip link delete second") }

        private static func mtu() throws -> String {
            try Shell.must("ip -j link show dev tap0 | jq '.[0].mtu'").trimmingCharacters(in: .whitespacesAndNewlines)
        }

        @Test func anotherDefaultRoute() throws {
            let machine = try Self.machine()
            let before = try machine.world.look()
            let namespace = try Namespace()
            let other = try Namespace()
            let running = try Self.start(machine, namespace, "--set network.ipv6=off")
            let near = try machine.world.host.start("peer serve tcp:80")
            #expect(try namespace.ask("tcp", "203.0.113.7", 80) == .from("10.9.0.1 80"))
            #expect(try Self.mtu() == "1460")

            defer { Self.unplug() }
            try Self.plug(other, mtu: 1400)
            try running.boot.expect("default route by IPv4: second, before: uplink", within: 20)
            try running.boot.expect("set mtu 1400 of tap0", within: 20)
            try running.boot.expect("start /usr/sbin/dnsmasq", times: 2, within: 20)
            let far = try other.start("peer serve tcp:80")
            #expect(try namespace.ask("tcp", "203.0.113.7", 80) == .from("10.8.0.1 80"))
            #expect(try Self.mtu() == "1400")
            // A guest that asks again is told.
            let script = machine.world.directory + "/client"
            try "#!/bin/sh\n[ \"$1\" != bound ] || echo mtu=$mtu ip=$ip\n".write(toFile: script, atomically: true, encoding: .utf8)
            try Shell.must("chmod 755 \(script)")
            #expect(
                try namespace.must("udhcpc -i eth0 -n -q -f -t 5 -T 1 -O mtu -s \(script) 2>&1").contains("mtu=1400 ip=192.168.254.2"))
            try Shell.must("rm \(script)")

            // A jumbo frame does not reach the guest's card, which has the MTU of the start.
            try Shell.must("ip link set second mtu 9000")
            try running.boot.expect("set mtu 1460 of tap0", within: 20)
            #expect(try Self.mtu() == "1460")

            // The cable is pulled: nothing is torn down, and the old way is found again.
            try Shell.must("ip link delete second")
            try running.boot.expect("default route by IPv4: none, before: second", within: 20)
            try Shell.must("ip route replace default via 10.9.0.2")
            try running.boot.expect("default route by IPv4: uplink, before: none", within: 20)
            #expect(try namespace.ask("tcp", "203.0.113.7", 80) == .from("10.9.0.1 80"))
            near.stop()
            far.stop()
            running.link.stop()
            kill(running.boot.pid, SIGTERM)
            #expect(running.boot.status(within: 30) == 81, "\(running.boot.text)")
            #expect(!running.boot.text.contains("dnsmasq has ended"))
            #expect(try machine.world.look() == before)
        }

        /// On a router whose uplinks do not forward: the new one forwards for the guest alone, and both do not after the end.
        @Test func theFirewallIsReplaced() throws {
            let machine = try Self.machine()
            try Shell.must("sysctl -qw net.ipv4.ip_forward=1 net.ipv4.conf.uplink.forwarding=0 net.ipv4.conf.default.forwarding=0")
            defer { _ = try? Shell.run("sysctl -qw net.ipv4.ip_forward=0 net.ipv4.conf.default.forwarding=0") }
            let before = try machine.world.look()
            let namespace = try Namespace()
            let other = try Namespace()
            let running = try Self.start(machine, namespace, "--set network.ipv6=off")
            let rules = "nft -j list table inet macos_virt"
            #expect(try Shell.must(rules).contains("\"uplink\"") && !Shell.must(rules).contains("\"second\""))
            defer { Self.unplug() }
            try Self.plug(other, mtu: 1460)
            try running.boot.expect("firewall table inet macos_virt", within: 20)
            try running.boot.expect("sysctl net/ipv4/conf/second/forwarding=1", within: 20)
            // Both are there now, in one table.
            #expect(try Shell.must(rules).contains("\"uplink\"") && Shell.must(rules).contains("\"second\""))
            let far = try other.start("peer serve tcp:80")
            #expect(try namespace.ask("tcp", "203.0.113.7", 80) == .from("10.8.0.1 80"))
            far.stop()
            running.link.stop()
            kill(running.boot.pid, SIGTERM)
            #expect(running.boot.status(within: 30) == 81, "\(running.boot.text)")
            #expect(try Shell.must("sysctl -n net.ipv4.conf.second.forwarding net.ipv4.conf.uplink.forwarding") == "0\n0\n")
            Self.unplug()
            try Shell.must("ip route replace default via 10.9.0.2")
            #expect(try machine.world.look() == before)
        }

        /// Written in place through another name, as a container's engine does, and replaced, as a DHCP client does.
        @Test func otherNameServers() throws {
            let machine = try Self.machine()
            let directory = machine.world.directory
            try Shell.must("cp /etc/resolv.conf \(directory)/was && echo nameserver 10.9.0.2 >\(directory)/resolv.conf")
            try Shell.must("mount --bind \(directory)/resolv.conf /etc/resolv.conf")
            defer { _ = try? Shell.run("umount /etc/resolv.conf") }
            let namespace = try Namespace()
            let running = try Self.start(machine, namespace, "--set network.ipv6=off")
            try machine.world.host.must("ip address add 10.9.0.3/24 dev eth0")
            let first = try machine.world.host.start("resolver 10.9.0.2 192.0.2.1")
            let second = try machine.world.host.start("resolver 10.9.0.3 192.0.2.2")
            #expect(try namespace.must("busybox nslookup -type=a a.example 192.168.254.1").contains("192.0.2.1"))
            try Shell.must("echo nameserver 10.9.0.3 >\(directory)/resolv.conf")
            try running.boot.expect("name servers: 10.9.0.3, before: 10.9.0.2", within: 20)
            try running.boot.expect("start /usr/sbin/dnsmasq", times: 2, within: 20)
            // The same name: what the old server has said is forgotten.
            #expect(try namespace.must("busybox nslookup -type=a a.example 192.168.254.1").contains("192.0.2.2"))
            first.stop()
            second.stop()
            running.link.stop()
            kill(running.boot.pid, SIGTERM)
            #expect(running.boot.status(within: 30) == 81, "\(running.boot.text)")
            #expect(!running.boot.text.contains("dnsmasq has ended"))
        }

        /// IPv6 that comes later reaches the guest.
        @Test func aLateIPv6() throws {
            let machine = try Self.machine()
            try Shell.must("ip -6 route delete default")
            let before = try machine.world.look()
            let namespace = try Namespace()
            let running = try Self.start(machine, namespace)
            #expect(try Shell.must("ip -6 address show dev tap0").isEmpty)
            try Shell.must("ip -6 route replace default via fd09::2")
            try running.boot.expect("the guest gets IPv6", within: 20)
            let end = Date().addingTimeInterval(30)
            var addresses = ""
            repeat {
                usleep(200_000)
                addresses = try namespace.must("ip -6 address show dev eth0 scope global -tentative")
            } while !addresses.contains("inet6 fd") && Date() < end
            #expect(addresses.contains("inet6 fd"), "\(addresses) \(running.boot.text)")
            let outside = try machine.world.host.start("peer serve tcp:80")
            #expect(try namespace.ask("tcp", "2001:db8::7", 80) == .from("fd09::1 80"))
            outside.stop()
            running.link.stop()
            kill(running.boot.pid, SIGTERM)
            #expect(running.boot.status(within: 30) == 81, "\(running.boot.text)")
            try Shell.must("ip -6 route delete default")
            #expect(try machine.world.look() == before)
        }
    }
}
