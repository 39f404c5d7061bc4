import Foundation
import Testing

extension InPrivateNetwork {
    /// `boot setup-nat` on machines that have a network of their own: what it must leave alone, and what it must notice.
    struct BootIsolation {
        private static let mac = "00:16:3e:01:02:03"
        private static let setup = "setup-nat --set guest.mac=\(mac) --set guest.vcpus=1"

        private static func attach(_ guest: borrowing Namespace) throws -> Background {
            let link = try Background("\(Shell.tools)/guest-link --tap tap0 --netns-pid \(guest.pid) --mac \(mac)", ready: "ready")
            try guest.must("ip address add 192.168.254.2/24 dev eth0 && ip route add default via 192.168.254.1")
            return link
        }

        private static func lookUp(_ name: String, in guest: borrowing Namespace) throws -> String {
            try guest.run("busybox nslookup \(name) 192.168.254.1").output
        }

        @Test(arguments: [
            ("ip link add other type bridge", "other"), ("ip link add other type veth peer name other2", "other"),
            ("ip tuntap add other mode tap", "other"), ("ip tuntap add other mode tap vnet_hdr && ip link set other alias theirs", "other"),
            ("true", "uplink"), ("true", "lo"),
        ]) func linksOfOthersStay(_ make: String, _ name: String) throws {
            let world = try World()
            defer { _ = try? Shell.run("ip link delete other") }
            try Shell.must(make)
            let before = try world.look()
            let result = try world.boot(Self.setup + " --set network.tap=\(name)")
            #expect(result.status == 78)
            #expect(result.errors.contains(name), "\(result)")
            #expect(try world.look() == before)
            #expect(try world.boot("down").status == 0)
            #expect(try world.look() == before)
        }

        /// Somebody takes the name while the guest is off: it is not ours to delete.
        @Test func downLeavesATapThatIsNotOurs() throws {
            let world = try World()
            #expect(try world.boot(Self.setup).status == 0)
            try Shell.must("ip link delete tap0 && ip tuntap add tap0 mode tap")
            #expect(try world.boot("down").status == 0)
            #expect(try Shell.run("ip link show tap0").succeeded)
        }

        @Test(arguments: [false, true]) func aMachineIsNoMoreARouterThanBefore(_ was: Bool) throws {
            let world = try World()
            let third = try Namespace()
            try Shell.must(
                """
                ip link add lan type veth peer name eth0 netns \(third.pid) && ip address add 10.8.0.1/24 dev lan && ip link set lan up &&
                sysctl -qw net.ipv4.ip_forward=\(was ? 1 : 0)
                """)
            defer { _ = try? Shell.run("ip link delete lan; sysctl -qw net.ipv4.ip_forward=0") }
            try third.must("ip address add 10.8.0.2/24 dev eth0 && ip link set eth0 up && ip route add default via 10.8.0.1")
            try world.host.must("ip route add 10.8.0.0/24 via 10.9.0.1")
            let outside = try world.host.start("peer serve tcp:80")
            // Twice: the second run sees the forwarding that the first one switched on.
            for _ in 0..<2 {
                #expect(try world.boot(Self.setup).status == 0)
                #expect(try third.ask("tcp", "10.9.0.2", 80) == (was ? .from("10.8.0.2 80") : .none))
            }
            let plan = try world.boot("plan --set guest.mac=\(Self.mac)")
            #expect(plan.output.contains(was ? "this machine forwarded IPv4 before" : "does not become one for others"), "\(plan)")
            let guest = try Namespace()
            let link = try Self.attach(guest)
            #expect(try guest.ask("tcp", "10.9.0.2", 80) == .from("10.9.0.1 80"))
            outside.stop()
            link.stop()
        }

        /// net.ipv4.ip_forward is 1 already, so that writing it changes no link.
        @Test func aLinkThatDoesNotForwardIsSwitchedOnAndOff() throws {
            let world = try World()
            try Shell.must("sysctl -qw net.ipv4.ip_forward=1 net.ipv4.conf.uplink.forwarding=0 net.ipv4.conf.default.forwarding=0")
            defer { _ = try? Shell.run("sysctl -qw net.ipv4.ip_forward=0") }
            #expect(try world.boot(Self.setup).status == 0)
            let guest = try Namespace()
            let link = try Self.attach(guest)
            let outside = try world.host.start("peer serve tcp:80")
            #expect(try guest.ask("tcp", "203.0.113.7", 80) == .from("10.9.0.1 80"))
            #expect(try world.boot("down").status == 0)
            #expect(try Shell.must("sysctl -n net.ipv4.conf.uplink.forwarding net.ipv4.ip_forward") == "0\n1\n")
            outside.stop()
            link.stop()
        }

        /// The one lease is given again after a DHCPDECLINE, and to firmware and system, whose identifiers differ.
        @Test func theOneLeaseIsGivenAgain() throws {
            let world = try World()
            #expect(try world.boot(Self.setup).status == 0)
            let guest = try Namespace()
            let link = try Background("\(Shell.tools)/guest-link --tap tap0 --netns-pid \(guest.pid) --mac \(Self.mac)", ready: "ready")
            let lease = "192.168.254.2\n"
            #expect(
                try guest.must("\(Shell.tools)/dhcp lease decline lease decline lease", timeout: 60) == lease + lease + lease + lease
                    + lease)
            #expect(try guest.must("\(Shell.tools)/dhcp lease:firmware lease:macos lease", timeout: 60) == lease + lease + lease)
            try guest.must("ip link set eth0 address 00:16:3e:09:09:09")
            #expect(try guest.must("\(Shell.tools)/dhcp lease", timeout: 60) == "none\n", "another card")
            link.stop()
        }

        @Test(arguments: [
            ("table ip filter { chain FORWARD { type filter hook forward priority 0; policy drop; iifname docker0 accept; }; }", "FORWARD"),
            (
                "table inet mine { chain away { type filter hook forward priority 10; ct state established accept; counter drop; }; }",
                "away"
            ),
            (
                "table inet firewalld { chain f { type filter hook forward priority 10; reject with icmpx admin-prohibited; }; }",
                "firewalld"
            ),
            ("table inet fw { chain input { type filter hook input priority 0; policy drop; iifname lo accept; }; }", "input"),
        ]) func anotherFirewallThatDropsIsReported(_ table: String, _ word: String) throws {
            let world = try World()
            try Shell.must("nft '\(table)'")
            for verb in ["plan --set guest.mac=\(Self.mac)", "doctor", Self.setup] {
                let result = try world.boot(verb)
                let text = result.output + result.errors
                #expect(text.contains("another firewall") && text.contains(word), "\(result)")
            }
        }

        /// The rule that the report names lets the guest through, and ends the report.
        @Test func theRemedyForAnotherFirewallWorks() throws {
            let world = try World()
            try Shell.must("nft 'table inet mine { chain away { type filter hook forward priority 10; policy drop; }; }'")
            let first = try world.boot(Self.setup)
            let line = first.errors.split(separator: "\n").first { $0.contains("nft insert rule") }
            let command = try #require(line?.firstRange(of: "nft insert").map { String(line?[$0.lowerBound...] ?? "") })
            let guest = try Namespace()
            let link = try Self.attach(guest)
            let outside = try world.host.start("peer serve tcp:80")
            #expect(try guest.ask("tcp", "203.0.113.7", 80) == .none)
            try Shell.must(command)
            #expect(try guest.ask("tcp", "203.0.113.7", 80) == .from("10.9.0.1 80"))
            #expect(try !world.boot(Self.setup).errors.contains("another firewall"))
            outside.stop()
            link.stop()
        }

        @Test(arguments: [
            "ip address add 192.168.254.7/32 dev uplink",
            "ip rule add pref 5270 lookup 52 && ip route add 192.168.254.0/24 dev uplink table 52",
            "ip route replace default via 192.168.254.1 dev uplink onlink",
        ]) func networksOfOtherTablesMoveTheSubnetAside(_ change: String) throws {
            let world = try World()
            defer { _ = try? Shell.run("ip rule delete pref 5270; ip route flush table 52") }
            try Shell.must(change)
            #expect(try world.boot(Self.setup + " --set network.ipv6=off").status == 0)
            #expect(try Shell.must("ip -j address show dev tap0").contains("192.168.253.1"))
        }

        /// Names of L1's network are passed on, with private addresses too; L1's own names and reverse lookups of private addresses are not.
        @Test func whatTheGuestsResolverKeepsToItself() throws {
            let world = try World()
            let upstream = try world.host.start("resolver 10.9.0.2 10.8.0.2")
            try "nameserver 10.9.0.2\n".write(toFile: world.directory + "/resolv.conf", atomically: true, encoding: .utf8)
            try "127.0.0.1 localhost\n10.1.2.3 secret.example\n".write(
                toFile: world.directory + "/hosts", atomically: true, encoding: .utf8)
            for name in ["resolv.conf", "hosts"] { try Shell.must("mount --bind \(world.directory)/\(name) /etc/\(name)") }
            defer { for name in ["resolv.conf", "hosts"] { _ = try? Shell.run("umount /etc/\(name)") } }
            #expect(try world.boot(Self.setup).status == 0)
            let guest = try Namespace()
            let link = try Self.attach(guest)
            #expect(try Self.lookUp("inside.example", in: guest).contains("10.8.0.2"))
            let own = try Self.lookUp("secret.example", in: guest)
            #expect(own.contains("10.8.0.2") && !own.contains("10.1.2.3"), "as the upstream says, not as /etc/hosts does")
            _ = try Self.lookUp("10.1.2.3", in: guest)
            _ = try Self.lookUp("192.168.77.1", in: guest)
            #expect(upstream.text.contains("inside.example") && !upstream.text.contains("in-addr.arpa"), "\(upstream.text)")
            link.stop()
            upstream.stop()
        }

        /// A VPN that takes everything, as an exit node does: the guest's networks are routed to the tap all the same.
        @Test func aVPNsTableDoesNotClaimTheGuest() throws {
            let world = try World()
            defer {
                _ = try? Shell.run("for v in 4 6; do ip -$v rule delete pref 5270; ip -$v route flush table 52; done; ip link delete vpn")
            }
            try Shell.must(
                """
                ip link add vpn type veth peer name vpn2 && ip link set vpn up && ip link set vpn2 up
                for v in 4 6; do ip -$v rule add pref 5270 lookup 52 && ip -$v route add default dev vpn table 52 || exit 1; done
                """)
            let before = try Shell.must("ip -j rule; ip -j -6 rule")
            #expect(try world.boot(Self.setup).status == 0)
            #expect(try Shell.must("ip route get 192.168.254.2").contains("dev tap0"))
            let address = try Shell.must("ip -j -6 address show dev tap0 | jq -r '.[0].addr_info[].local' | grep ^fd").dropLast()
            #expect(try Shell.must("ip route get \(address.dropLast())2").contains("dev tap0"))
            #expect(try world.boot(Self.setup).status == 0, "again")
            #expect(try world.boot("down").status == 0)
            #expect(try Shell.must("ip -j rule; ip -j -6 rule") == before)
        }

        @Test func aReadOnlyProcLeavesIPv6Off() throws {
            let world = try World()
            try Shell.must("sysctl -qw net.ipv4.ip_forward=1")
            defer { _ = try? Shell.run("sysctl -qw net.ipv4.ip_forward=0") }
            let line = "mount -o bind,ro /proc/sys /proc/sys && exec \(World.boot) \(Self.setup) \(world.flags)"
            let result = try Shell.run("unshare -m sh -c '\(line)'", timeout: 60)
            #expect(result.status == 0, "\(result)")
            #expect(result.errors.contains("the guest has IPv4 only"))
            #expect(try Shell.must("nft list ruleset").contains("meta nfproto ipv6 drop"))
        }
    }
}
