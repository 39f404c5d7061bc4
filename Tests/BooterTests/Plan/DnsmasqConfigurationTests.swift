import Foundation
import LinuxSupport
import NetSetup
import Testing

@testable import BootSettings
@testable import Booter

struct DnsmasqConfigurationTests {
    private func configuration(ipv6: Bool, directory: String = "/run/macos-virt") throws -> DnsmasqConfiguration {
        var facts = Sample.facts
        if ipv6 { facts.network.routes6 = [Sample.route("::", 0, "eth0")] }
        var notes = PlanNotes()
        let identity = GuestIdentity.choose(Configuration(), facts, &notes)
        let plan = try #require(NetworkPlan.choose(Configuration(), facts, identity: identity, vcpus: 4, &notes))
        return DnsmasqConfiguration(plan: plan, mac: identity.mac, files: .init(directory: directory), user: "nobody")
    }

    @Test(arguments: [false, true])
    func text(ipv6: Bool) throws {
        try Golden.expect(try configuration(ipv6: ipv6).text, ipv6 ? "dnsmasq-ipv6.conf" : "dnsmasq.conf")
    }

    @Test func itsFilesAreBesideIt() {
        let files = DnsmasqConfiguration.Files(directory: "/a/b")
        #expect(DnsmasqConfiguration.Files(beside: files.configuration) == files)
        #expect([files.configuration, files.pid, files.leases].allSatisfy { $0.hasPrefix("/a/b/dnsmasq.") })
    }

    private static let dnsmasq = ["/usr/sbin/dnsmasq", "/usr/bin/dnsmasq"].first { FileManager.default.isExecutableFile(atPath: $0) }

    @Test(.enabled(if: dnsmasq != nil, "needs dnsmasq"), arguments: [false, true])
    func dnsmasqTakesIt(ipv6: Bool) throws {
        let machine = try ScratchMachine()
        let file = machine.directory.path + "/dnsmasq.conf"
        try machine.write(try configuration(ipv6: ipv6, directory: machine.directory.path).text, to: "/dnsmasq.conf")
        let result = try Spawn(try #require(Self.dnsmasq), ["--test", "--conf-file=" + file]).run()
        #expect(result.status == .exited(0), "\(result.errors)")
        // It does look: one wrong word is refused.
        try machine.write(try configuration(ipv6: ipv6).text + "dhcp-range=nonsense\n", to: "/dnsmasq.conf")
        #expect(try Spawn(try #require(Self.dnsmasq), ["--test", "--conf-file=" + file]).run().status == .exited(1))
    }

    @Test(arguments: [
        (["nobody", "dnsmasq"], "dnsmasq"), (["nobody"], "nobody"), ([], "root"),
    ])
    func user(names: [String], user: String) {
        var files = Sample.files
        files.users = Dictionary(uniqueKeysWithValues: names.map { ($0, UserFact(uid: 1, gid: 1)) })
        #expect(files.dnsmasqUser == user)
    }
}
