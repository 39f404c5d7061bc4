import Foundation
import NetworkValues
import SystemPackage
import Testing

@testable import NetSetup

extension InPrivateNetwork {
    /// The table in the kernel, as nft reads it.
    struct FirewallInTheKernel {
        static func rules(_ change: (inout NATRules) throws -> Void = { _ in }) throws -> NATRules {
            var rules = NATRules(
                tap: .tap0, egress: nil, subnet4: try #require(IPv4Network("192.168.254.0/24")),
                guest4: try #require(IPv4Address("192.168.254.2")), subnet6: IPv6Network("fd00:1::/64"),
                guest6: IPv6Address("fd00:1::2"), forwards: PortForward.defaults)
            try change(&rules)
            return rules
        }

        static let variants: [NATRules] = {
            let wishes: [(inout NATRules) -> Void] = [
                { _ in },
                {
                    $0.subnet6 = nil
                    $0.guest6 = nil
                },
                { $0.egress = InterfaceName("eth0") },
                { $0.allowHost = true },
                { $0.allowMetadata = true },
                { $0.forwards = [] },
                { $0.forwards = ["udp:6000-6010:6000", "tcp:7000-7005:8000", "tcp:1-100:1"].compactMap { PortForward($0) } },
                {
                    $0.subnet4 = IPv4Network("10.1.0.0/17") ?? $0.subnet4
                    $0.guest4 = IPv4Address("10.1.0.2") ?? $0.guest4
                    $0.subnet6 = IPv6Network("fd00:1::/61")
                },
                { $0.tap = InterfaceName("tap*") ?? $0.tap },
            ]
            return wishes.compactMap { wish in try? rules { wish(&$0) } }
        }()

        /// `nft -j list`, without what differs from one load to the next.
        private static func list(_ table: String, in namespace: Int32? = nil) throws -> String {
            let text = try Shell.must("nft -j list table inet \(table)", in: namespace)
            return text.split(separator: ",").filter { !$0.contains("\"handle\":") }.joined(separator: ",\n")
        }

        private static func clear() throws { try Shell.must("nft flush ruleset") }

        @Test(arguments: variants) func theKernelHasWhatNftWouldHaveLoaded(_ rules: NATRules) throws {
            try Self.clear()
            try Firewall().install(rules)
            let other = try Namespace()
            let file = FileManager.default.temporaryDirectory.appending(path: "rules-\(UUID().uuidString).nft")
            defer { try? FileManager.default.removeItem(at: file) }
            try Data(NftRuleset(rules).script.utf8).write(to: file)
            try other.must("nft -f \(file.path)")
            #expect(try Self.list(rules.table) == Self.list(rules.table, in: other.pid))
        }

        @Test func twiceIsOnce() throws {
            try Self.clear()
            let firewall = try Firewall()
            let rules = try Self.rules()
            try firewall.install(rules)
            let first = try Self.list(rules.table)
            try firewall.install(rules)
            #expect(try Self.list(rules.table) == first)
            #expect(try Shell.must("nft list tables") == "table inet macos_virt\n")
        }

        @Test func otherTablesAreLeftAlone() throws {
            try Self.clear()
            try Shell.must(
                "nft 'table inet other { chain forward { type filter hook forward priority 5; policy drop; tcp dport 1 accept; }; }'")
            try Shell.must("nft 'table ip macos_virt { chain c { counter; }; }'")
            let before = try Shell.must("nft list ruleset")
            let firewall = try Firewall()
            #expect(try !firewall.exists(table: "macos_virt"))
            try firewall.install(Self.rules())
            #expect(try firewall.exists(table: "macos_virt"))
            #expect(try Shell.must("nft list ruleset").hasPrefix(before))
            try firewall.remove(table: "macos_virt")
            try firewall.remove(table: "macos_virt")
            #expect(try !firewall.exists(table: "macos_virt"))
            #expect(try Shell.must("nft list ruleset") == before)
            try Self.clear()
        }

        @Test func whatASomebodyElsePutIntoOurTableGoes() throws {
            try Self.clear()
            try Shell.must("nft 'table inet macos_virt { set s { type ipv4_addr; }; chain stray { jump further; }; chain further { }; }'")
            try Firewall().install(Self.rules())
            #expect(try !Shell.must("nft list table inet macos_virt").contains("stray"))
        }

        @Test func aRefusedBatchLeavesTheTableBefore() throws {
            try Self.clear()
            let firewall = try Firewall()
            let rules = try Self.rules()
            try firewall.install(rules)
            let before = try Self.list(rules.table)
            // A jump to a chain that is not there is refused in the middle, after the table was replaced.
            let broken = NftRuleset(
                table: rules.table,
                chains: [.base(.forward, .filter, priority: 0, [[.accept], [.toLocalAddress, .jump("nowhere")], [.drop]])])
            let error = #expect(throws: NetError.self) { try firewall.send(NftBatch(replacing: broken)) }
            #expect(error?.operation == "add rule")
            #expect(error?.object == "forward 'fib daddr type local jump nowhere'")
            #expect(error?.errno == .noSuchFileOrDirectory)
            #expect(try Self.list(rules.table) == before)
            #expect(try Shell.must("nft list tables") == "table inet macos_virt\n")
        }

        @Test func asManyForwardsAsThereMayBe() throws {
            try Self.clear()
            let rules = try Self.rules { $0.forwards = [try #require(PortForward("tcp:10000-11023:20000"))] }
            let firewall = try Firewall()
            try firewall.install(rules)
            let text = try Shell.must("nft list chain inet macos_virt forwards")
            #expect(text.split(separator: "\n").count { $0.contains("dnat") } == 2048)
            #expect(text.contains("tcp dport 11023 dnat ip6 to [fd00:1::2]:21023"))
            // Every answer of such a batch fits too.
            var batch = NftRuleset(table: "macos_virt", chains: [])
            batch = NftRuleset(
                table: batch.table,
                chains: [
                    .base(.forward, .filter, priority: 0, [[NftStatement]](repeating: [.jump("nowhere")], count: 3000))
                ])
            let error = #expect(throws: NetError.self) { try firewall.send(NftBatch(replacing: batch)) }
            #expect(error?.object == "forward 'jump nowhere'")
            try firewall.remove(table: "macos_virt")
        }

        @Test func anUnknownTableIsNeitherThereNorAnError() throws {
            try Self.clear()
            let firewall = try Firewall()
            #expect(try !firewall.exists(table: "nonexistent"))
            try firewall.remove(table: "nonexistent")
            #expect(try Shell.must("nft list ruleset").isEmpty)
        }
    }
}
