import NetworkValues
import Testing

@testable import NetSetup

/// What the firewall is, in nft's own words.
struct NftRulesetTests {
    @Test func aPlainGuest() throws {
        let expected = """
            table inet macos_virt {
            	chain raw {
            		type filter hook prerouting priority -300; policy accept;
            		iifname "tap0" ip saddr 0.0.0.0 udp dport 67 accept
            		iifname "tap0" ip saddr != 192.168.254.0/24 drop
            		iifname != "tap0" iifname != "lo" ip saddr 192.168.254.0/24 drop
            		iifname != "tap0" iifname != "lo" ip daddr 192.168.254.0/24 drop
            		iifname "tap0" meta nfproto ipv6 drop
            	}

            	chain prerouting {
            		type nat hook prerouting priority -100; policy accept;
            		fib daddr type local jump forwards
            	}

            	chain output {
            		type nat hook output priority -100; policy accept;
            		ip daddr != 127.0.0.0/8 fib daddr type local jump forwards
            		ip6 daddr != ::1 fib daddr type local jump forwards
            	}

            	chain forwards {
            		tcp dport 10022 dnat ip to 192.168.254.2:22
            		tcp dport 15900 dnat ip to 192.168.254.2:5900
            	}

            	chain postrouting {
            		type nat hook postrouting priority 100; policy accept;
            		ip saddr 192.168.254.0/24 oifname != "tap0" masquerade
            		iifname "tap0" oifname "tap0" masquerade
            	}

            	chain forward {
            		type filter hook forward priority 0; policy accept;
            		iifname "tap0" ct state invalid drop
            		iifname "tap0" ct state related ct original ip saddr != 192.168.254.0/24 ct reply ip saddr != 192.168.254.0/24 drop
            		iifname "tap0" jump metadata
            		iifname "tap0" tcp flags syn / syn,rst tcp option maxseg size set rt mtu
            		oifname "tap0" tcp flags syn / syn,rst tcp option maxseg size set rt mtu
            		iifname "tap0" accept
            		oifname "tap0" ct state established,related accept
            		oifname "tap0" ct status dnat accept
            		oifname "tap0" drop
            	}

            	chain input {
            		type filter hook input priority 0; policy accept;
            		iifname "tap0" ct state invalid drop
            		iifname "tap0" ct state related ct original ip saddr != 192.168.254.0/24 ct reply ip saddr != 192.168.254.0/24 drop
            		iifname "tap0" ip daddr 255.255.255.255 udp dport 67 accept
            		iifname "tap0" ip daddr 192.168.254.1 udp dport 67 accept
            		iifname "tap0" ip daddr 192.168.254.1 udp dport 53 accept
            		iifname "tap0" ip daddr 192.168.254.1 tcp dport 53 accept
            		iifname "tap0" icmp type echo-request accept
            		iifname "tap0" ct state established,related accept
            		iifname "tap0" drop
            	}

            	chain metadata {
            		ip daddr 169.254.0.0/16 drop
            		ip daddr 168.63.129.16 drop
            		ip daddr 100.100.100.200 drop
            		ip daddr 192.0.0.192 drop
            	}
            }

            """
        #expect(try NftRuleset(.plain()).script == expected)
    }

    @Test func aKernelThatCannotLookAddressesUp() throws {
        var rules = try NATRules.plain()
        rules.hasAddressLookup = false
        let lines = try NftRuleset(rules).script.split(separator: "\n").map { $0.trimmingPrefix("\t\t") }
        #expect(
            lines.filter { $0.hasSuffix("jump forwards") } == [
                #"iifname != "tap0" meta pkttype host jump forwards"#, #"ip daddr != 127.0.0.0/8 oifname "lo" jump forwards"#,
                #"ip6 daddr != ::1 oifname "lo" jump forwards"#,
            ])
        #expect(!lines.contains { $0.contains("fib") })
    }

    @Test func everythingAtOnce() throws {
        let expected = """
            table inet everything {
            	chain raw {
            		type filter hook prerouting priority -300; policy accept;
            		iifname "guest.tap" ip saddr 0.0.0.0 udp dport 67 accept
            		iifname "guest.tap" ip saddr != 10.1.0.0/17 drop
            		iifname != "guest.tap" iifname != "lo" ip saddr 10.1.0.0/17 drop
            		iifname != "guest.tap" iifname != "lo" ip daddr 10.1.0.0/17 drop
            		iifname "guest.tap" ip6 saddr != fd00:1:2::/61 ip6 saddr != fe80::/10 ip6 saddr != :: drop
            		iifname != "guest.tap" iifname != "lo" ip6 saddr fd00:1:2::/61 drop
            		iifname != "guest.tap" iifname != "lo" ip6 daddr fd00:1:2::/61 drop
            	}

            	chain prerouting {
            		type nat hook prerouting priority -100; policy accept;
            		fib daddr type local jump forwards
            	}

            	chain output {
            		type nat hook output priority -100; policy accept;
            		ip daddr != 127.0.0.0/8 fib daddr type local jump forwards
            		ip6 daddr != ::1 fib daddr type local jump forwards
            	}

            	chain forwards {
            		tcp dport 10022 dnat ip to 10.1.0.2:22
            		tcp dport 10022 dnat ip6 to [fd00:1:2::2]:22
            		udp dport 6000-6010 dnat ip to 10.1.0.2
            		udp dport 6000-6010 dnat ip6 to fd00:1:2::2
            		tcp dport 7000 dnat ip to 10.1.0.2:8000
            		tcp dport 7000 dnat ip6 to [fd00:1:2::2]:8000
            		tcp dport 7001 dnat ip to 10.1.0.2:8001
            		tcp dport 7001 dnat ip6 to [fd00:1:2::2]:8001
            		tcp dport 7002 dnat ip to 10.1.0.2:8002
            		tcp dport 7002 dnat ip6 to [fd00:1:2::2]:8002
            	}

            	chain postrouting {
            		type nat hook postrouting priority 100; policy accept;
            		ip saddr 10.1.0.0/17 oifname "eth0" masquerade
            		ip6 saddr fd00:1:2::/61 oifname "eth0" masquerade
            		iifname "guest.tap" oifname "guest.tap" masquerade
            	}

            	chain forward {
            		type filter hook forward priority 0; policy accept;
            		iifname "guest.tap" ct state invalid drop
            		iifname "guest.tap" ct state related ct original ip saddr != 10.1.0.0/17 ct reply ip saddr != 10.1.0.0/17 drop
            		iifname "guest.tap" ct state related ct original ip6 saddr != fd00:1:2::/61 ct reply ip6 saddr != fd00:1:2::/61 drop
            		iifname "guest.tap" tcp flags syn / syn,rst tcp option maxseg size set rt mtu
            		oifname "guest.tap" tcp flags syn / syn,rst tcp option maxseg size set rt mtu
            		iifname "guest.tap" oifname "eth0" accept
            		iifname "guest.tap" oifname "guest.tap" accept
            		iifname "guest.tap" drop
            		oifname "guest.tap" ct state established,related accept
            		oifname "guest.tap" ct status dnat accept
            		oifname "guest.tap" drop
            	}

            	chain input {
            		type filter hook input priority 0; policy accept;
            		iifname "guest.tap" ct state invalid drop
            		iifname "guest.tap" ct state related ct original ip saddr != 10.1.0.0/17 ct reply ip saddr != 10.1.0.0/17 drop
            		iifname "guest.tap" ct state related ct original ip6 saddr != fd00:1:2::/61 ct reply ip6 saddr != fd00:1:2::/61 drop
            		iifname "guest.tap" ip daddr 255.255.255.255 udp dport 67 accept
            		iifname "guest.tap" ip daddr 10.1.0.1 udp dport 67 accept
            		iifname "guest.tap" ip daddr 10.1.0.1 udp dport 53 accept
            		iifname "guest.tap" ip daddr 10.1.0.1 tcp dport 53 accept
            		iifname "guest.tap" icmp type echo-request accept
            		iifname "guest.tap" ip6 daddr ff02::1:2 udp dport 547 accept
            		iifname "guest.tap" ip6 daddr fd00:1:2::1 udp dport 53 accept
            		iifname "guest.tap" ip6 daddr fd00:1:2::1 tcp dport 53 accept
            		iifname "guest.tap" icmpv6 type echo-request accept
            		iifname "guest.tap" icmpv6 type nd-router-solicit accept
            		iifname "guest.tap" icmpv6 type nd-neighbor-solicit accept
            		iifname "guest.tap" icmpv6 type nd-neighbor-advert accept
            		iifname "guest.tap" ct state established,related accept
            	}

            	chain transit4_links {
            		type filter hook forward priority 0; policy accept;
            		meta nfproto ipv4 iifname "eth0" oifname != "guest.tap" drop
            	}

            	chain transit6 {
            		type filter hook forward priority 0; policy accept;
            		meta nfproto ipv6 iifname != "guest.tap" oifname != "guest.tap" drop
            	}
            }

            """
        #expect(try NftRuleset(.full()).script == expected)
    }

    /// Every address that the clouds' documents name is in one of the networks that a guest does not reach.
    @Test(arguments: [
        "169.254.169.254", "169.254.170.2", "169.254.170.23", "169.254.42.42", "168.63.129.16", "100.100.100.200", "192.0.0.192",
        "fd00:ec2::254", "fd00:ec2::23", "fd20:ce::254", "fd00:c1::a9fe:a9fe", "fd00:42::42", "64:ff9b::a9fe:a9fe",
    ]) func theCloudsControlAddressesAreCovered(_ address: String) throws {
        let bytes = try IPv4Address(address)?.bytes ?? #require(IPv6Address(address)).bytes
        let networks = bytes.count == 4 ? AddressPrefix.metadata4 : AddressPrefix.metadata6
        #expect(
            networks.contains { network in
                (0..<network.length).allSatisfy { (network.bytes[$0 / 8] ^ bytes[$0 / 8]) & (0x80 >> UInt8($0 % 8)) == 0 }
            })
    }

    @Test(
        arguments: [
            AddressPrefix.loopback4, .loopback6, .linkLocal6, .unspecified4, .unspecified6, .broadcast4, .dhcpServers6,
        ] + AddressPrefix.metadata4 + AddressPrefix.metadata6) func theKnownNetworksAreWhatTheySay(_ prefix: AddressPrefix) throws
    {
        let text = prefix.text.contains("/") ? prefix.text : prefix.text + (prefix.isIPv6 ? "/128" : "/32")
        let parsed = try prefix.isIPv6 ? AddressPrefix(#require(IPv6Network(text))) : AddressPrefix(#require(IPv4Network(text)))
        #expect(prefix == parsed)
    }

    struct Refusal: Sendable {
        let reason: String
        let change: @Sendable (inout NATRules) throws -> Void
    }

    @Test(arguments: [
        Refusal(reason: "table's name") { $0.table = "" },
        Refusal(reason: "table's name") { $0.table = "9lives" },
        Refusal(reason: "table's name") { $0.table = "a-b" },
        Refusal(reason: "table's name") { $0.table = String(repeating: "x", count: 32) },
        Refusal(reason: "both the tap and the egress link") { $0.egress = $0.tap },
        Refusal(reason: "not a host of") { $0.guest4 = IPv4Address(bits: 0x0808_0808) },
        Refusal(reason: "not a host of") { $0.subnet4 = try #require(IPv4Network("0.0.0.0/0")) },
        Refusal(reason: "not in its IPv6 subnet") { $0.guest6 = IPv6Address("fd00::2") },
        Refusal(reason: "not in its IPv6 subnet") {
            $0.subnet6 = IPv6Network("fd00:1::/63")
            $0.guest6 = IPv6Address("fd00:1:0:2::2")
        },
        Refusal(reason: "no room") { $0.subnet6 = IPv6Network("::/0") },
        Refusal(reason: "1025 forwarded ports") { $0.forwards = try [#require(PortForward("tcp:1000-2024:5000"))] },
        Refusal(reason: "share a port") { $0.forwards.append(try #require(PortForward("tcp:10000-10100:10000"))) },
    ]) func contradictionsAreRefused(_ refusal: Refusal) throws {
        var rules = try NATRules.plain()
        try refusal.change(&rules)
        let error = #expect(throws: NetError.self) { try NftRuleset(rules) }
        #expect(error?.description.contains(refusal.reason) == true)
    }

    @Test func theLimitCountsRulesRatherThanPorts() throws {
        var rules = try NATRules.plain()
        rules.forwards = try ["tcp:1-65535:1", "udp:1000-2022:5000"].map { try #require(PortForward($0)) }
        #expect(try NftRuleset(rules).chains.first { $0.name == "forwards" }?.rules.count == 1024)
    }

    @Test func tcpAndUdpMayShareAPort() throws {
        var rules = try NATRules.plain()
        rules.forwards = try ["tcp:53:53", "udp:53:53"].map { try #require(PortForward($0)) }
        #expect(try NftRuleset(rules).chains.first { $0.name == "forwards" }?.rules.count == 2)
    }
}
