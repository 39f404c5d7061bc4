import Testing

@testable import Booter

struct NetworkProbeTests {
    private static let header = "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT\n"

    @Test func routesAreSortedByMetric() {
        let text =
            Self.header + "eth1\t00000000\t0100A8C0\t0003\t0\t0\t200\t00000000\t0\t0\t0\n"
            + "eth0\t00000000\t0100000A\t0003\t0\t0\t100\t00000000\t0\t0\t0\n"
            + "eth0\t0000000A\t00000000\t0001\t0\t0\t100\t000000FF\t0\t0\t0\n"
        #expect(
            RouteTable.parse4(text) == [
                RouteFacts(destination: "0.0.0.0", prefixLength: 0, gateway: "10.0.0.1", interface: "eth0", metric: 100),
                RouteFacts(destination: "10.0.0.0", prefixLength: 8, gateway: nil, interface: "eth0", metric: 100),
                RouteFacts(destination: "0.0.0.0", prefixLength: 0, gateway: "192.168.0.1", interface: "eth1", metric: 200),
            ])
    }

    @Test(arguments: [
        // down, blackhole, a mask with holes, short addresses, too few fields, letters
        "eth0\t00000000\t0100000A\t0002\t0\t0\t0\t00000000\t0\t0\t0", "*\t0000000A\t00000000\t0201\t0\t0\t0\t000000FF\t0\t0\t0",
        "eth0\t0000000A\t00000000\t0001\t0\t0\t0\t00FF00FF\t0\t0\t0", "eth0\t0A\t0\t0001\t0\t0\t0\t0\t0\t0\t0", "eth0\t00000000",
        "eth0\t0000000G\t00000000\t0001\t0\t0\t0\t000000FF\t0\t0\t0", "eth0\t00000000\t00000000\t0001\t0\t0\tx\t00000000\t0\t0\t0",
    ])
    func uselessRoutesAreLeftOut(line: String) {
        #expect(RouteTable.parse4(Self.header + line + "\n").isEmpty)
    }

    @Test(arguments: [("FFFFFFFF", 32), ("00FFFFFF", 24), ("0000F0FF", 12), ("00000080", 1)])
    func masksBecomePrefixes(mask: String, prefix: Int) {
        #expect(RouteTable.parse4("e\t00000000\t00000000\t1\t0\t0\t0\t\(mask)\t0\t0\t0").map(\.prefixLength) == [prefix])
    }

    @Test func routesOfVersionSix() {
        let zeros = String(repeating: "0", count: 32)
        func line(_ destination: String, _ prefix: String, _ gateway: String, _ metric: String, _ flags: String, _ link: String) -> String {
            "\(destination) \(prefix) \(zeros) 00 \(gateway) \(metric) 00000001 00000000 \(flags)     \(link)\n"
        }
        let text =
            line(zeros, "00", "fe800000000000000000000000000001", "00000400", "00450003", "eth0")
            + line("20010db8000000000000000000000000", "40", zeros, "00000100", "00000001", "eth0")
            + line("fe800000000000000000000000000000", "40", zeros, "00000100", "00000001", "eth0")
            + line("ff000000000000000000000000000000", "08", zeros, "00000100", "00000001", "eth0")
            + line("20010db8000000000000000000000002", "80", zeros, "00000000", "80200001", "eth0")
            + line(zeros, "00", zeros, "ffffffff", "00200200", "lo")
            + line("20010db8000000000000000000000000", "ff", zeros, "0", "1", "eth0")
        #expect(
            RouteTable.parse6(text) == [
                RouteFacts(destination: "2001:db8::", prefixLength: 64, gateway: nil, interface: "eth0", metric: 256),
                RouteFacts(destination: "::", prefixLength: 0, gateway: "fe80::1", interface: "eth0", metric: 1024),
            ])
    }

    @Test func nameserversAreAddresses() {
        let text = """
            # nameserver 192.0.2.1
            ;nameserver 192.0.2.2
            search example.org
            nameserver 127.0.0.53
            nameserver\t2001:db8::1 # comment
            nameserver fe80::1%eth0
            nameserver
            nameserver dns.example.org
            nameserver 192.0.2.300
            nameservers 192.0.2.3
            """
        #expect(Resolver.nameservers(text) == ["127.0.0.53", "2001:db8::1", "fe80::1%eth0"])
    }

    @Test func linksAreDirectoriesWithAnIndex() throws {
        let machine = try ScratchMachine([
            "/sys/class/net/bonding_masters": "", "/sys/class/net/eth0/ifindex": "7\n", "/sys/class/net/eth0/mtu": "1460\n",
            "/sys/class/net/eth0/operstate": "up\n", "/sys/class/net/eth0/device/uevent": "", "/sys/class/net/br0/ifindex": "3\n",
        ])
        #expect(
            LinkReader(root: machine.root).links() == [
                LinkFacts(name: "br0", index: 3, mtu: 1500, state: "unknown", hasDevice: false),
                LinkFacts(name: "eth0", index: 7, mtu: 1460, state: "up", hasDevice: true),
            ])
    }

    @Test func switchesOfEveryUplinkAreRead() throws {
        let machine = try ScratchMachine([
            "/proc/net/route": Self.header + "eth0.7\t00000000\t0100000A\t0003\t0\t0\t0\t00000000\t0\t0\t0\n",
            "/proc/sys/net/ipv4/ip_forward": "1\n", "/proc/sys/net/ipv6/conf/eth0.7/accept_ra": "1\n",
            "/proc/sys/net/ipv6/conf/wan/accept_ra": "2\n",
        ])
        let sysctls = NetworkReader(root: machine.root, uplink: "wan").facts().sysctls
        #expect(sysctls == ["net/ipv4/ip_forward": "1", "net/ipv6/conf/eth0.7/accept_ra": "1", "net/ipv6/conf/wan/accept_ra": "2"])
    }

    /// A name that would lead out of /proc/sys/net, from a file that a user saved.
    @Test func interfaceNamesAreNoPaths() {
        #expect(NetworkReader.names(uplinks: ["..", "../../kernel", "eth0"]).last == "net/ipv6/conf/eth0/accept_ra")
        #expect(NetworkReader.names(uplinks: ["..", "a/b"]).count == 3)
    }
}
