import Foundation
import Testing

/// A machine as `boot` finds one: an uplink with a default route by IPv4 and IPv6, and nothing of ours yet.
///
///     host 10.9.0.2 ---- uplink 10.9.0.1  this process, where boot runs
///          fd09::2              fd09::1
struct World: ~Copyable {
    let host: Namespace
    /// state.run and state.nvram of the `boot` under test.
    let directory: String

    init(mtu: Int = 1460) throws {
        let host = try Namespace()
        let directory = FileManager.default.temporaryDirectory.appending(path: "boot-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        _ = try Shell.run("ip link delete uplink; ip link delete tap0; nft flush ruleset")
        try Shell.must(
            """
            sysctl -qw net.ipv4.ip_forward=0 net.ipv6.conf.all.forwarding=0 &&
            ip link add uplink mtu \(mtu) type veth peer name eth0 netns \(host.pid) &&
            ip address add 10.9.0.1/24 dev uplink && ip address add fd09::1/64 dev uplink nodad && ip link set uplink up
            """)
        try host.must(
            """
            ip address add 10.9.0.2/24 dev eth0 && ip address add fd09::2/64 dev eth0 nodad && ip link set eth0 up &&
            ip address add 203.0.113.7/32 dev lo && ip address add 2001:db8::7/128 dev lo
            """)
        try Shell.must("ip route replace default via 10.9.0.2 && ip -6 route replace default via fd09::2")
        // Link-local addresses settle, so that two looks at the same state are alike.
        let end = Date().addingTimeInterval(5)
        while try Shell.must("ip -6 address show dev uplink tentative").contains("inet6"), Date() < end { usleep(20_000) }
        self.host = host
        self.directory = directory
    }

    var flags: String { "--set state.run=\(directory)/run --set state.nvram=\(directory)/nvram/nvram.fd" }

    /// The built executable beside this test's bundle.
    static let boot = URL(filePath: CommandLine.arguments[0]).deletingLastPathComponent().appending(path: "boot").path

    @discardableResult
    func boot(_ line: String) throws -> Shell.Result { try Shell.run("\(Self.boot) \(line) \(flags)", timeout: 60) }

    /// All of the machine that `boot` may change, as other programs see it.
    func look() throws -> [String: String] {
        let looks = [
            // A tap that nobody holds has no carrier, and loses it a moment after it was let go; link-local addresses come a
            // second after the carrier.
            "links and addresses":
                "ip -j address show | jq -c 'map(del(.operstate, .flags) | .addr_info |= (map(select(.scope != \"link\")) | sort_by(.local)))'",
            "routes":
                "for v in 4 6; do ip -j -$v route show table all | jq -c 'map(select(.dst | startswith(\"fe80\") | not) | del(.expires, .flags))'; done",
            // Handles count up with every rule that ever was.
            "firewall": "nft -j list ruleset | jq -c 'walk(if type == \"object\" then del(.handle) else . end)'",
            "settings": "sysctl net.ipv4.ip_forward net.ipv6.conf.all.forwarding net.ipv6.conf.uplink.accept_ra",
            "processes": "pgrep -fa conf-file=\(directory) | grep -v pgrep || true",
            "files": "cd \(directory) && find . -path ./nvram -prune -o -print | sort",
        ]
        return try looks.mapValues { try Shell.must($0) }
    }

    deinit {
        _ = try? boot("down")
        _ = try? Shell.run("ip link delete uplink; ip link delete tap0; nft flush ruleset; rm -rf \(directory)")
    }
}
