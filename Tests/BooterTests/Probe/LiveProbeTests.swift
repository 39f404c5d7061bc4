import Foundation
import LinuxSupport
import Testing

@testable import BootSettings
@testable import Booter

/// A program of the system, run for its output.
enum Tool {
    static func output(_ path: String, _ arguments: [String]) throws -> String {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: path)
        process.arguments = arguments
        let pipe = Pipe()
        process.standardOutput = pipe
        try process.run()
        let data = pipe.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return String(decoding: data, as: UTF8.self)
    }

    static func find(_ name: String) -> String? {
        ["/usr/bin/", "/bin/", "/usr/sbin/", "/sbin/"].map { $0 + name }.first { FileManager.default.isExecutableFile(atPath: $0) }
    }

    static func json(_ name: String, _ arguments: [String]) throws -> Any? {
        guard let path = find(name) else { return nil }
        return try JSONSerialization.jsonObject(with: Data(output(path, arguments).utf8))
    }
}

/// This very machine, against other programs that read it.
struct LiveProbeTests {
    private let probe = HostProbe(root: .live, configuration: Configuration(), questions: SavedHost.questions)

    @Test func factsAreFoundAndSurviveJSON() throws {
        let facts = try probe.facts()
        #expect(facts.kernel.release == (try Tool.output("/bin/uname", ["-r"])).trimmed)
        #expect(facts.process.effectiveUser == Int(geteuid()))
        #expect(facts.kvm == nil)
        #expect(try JSONDecoder().decode(HostFacts.self, from: JSONEncoder().encode(facts)) == facts)
    }

    @Test(.enabled(if: Tool.find("nproc") != nil)) func cpus() throws {
        let facts = try probe.facts().cpu
        #expect(facts.allowed.count == Int(try Tool.output(Tool.find("nproc") ?? "", []).trimmed))
    }

    @Test(.enabled(if: Tool.find("free") != nil)) func memory() throws {
        let row = try Tool.output(Tool.find("free") ?? "", ["-b"]).split(separator: "\n")[1].words
        let facts = try probe.memory()
        #expect(facts.total == Int(row[1]))
        // Other processes run meanwhile.
        #expect(abs(facts.available - (Int(row[6]) ?? 0)) < 2 << 30)
    }

    @Test(.enabled(if: Tool.find("lsblk") != nil)) func disks() throws {
        let output = try #require(try Tool.json("lsblk", ["-b", "-d", "-J", "-o", "NAME,SIZE,RO,ROTA,TYPE,LOG-SEC"]) as? [String: Any])
        let rows = try #require(output["blockdevices"] as? [[String: Any]])
        let disks = rows.filter {
            $0["type"] as? String == "disk" && !(($0["name"] as? String)?.hasPrefix("zram") ?? true) && $0["size"] as? Int != 0
        }
        let found = probe.disks()
        #expect(Set(found.map(\.name)) == Set(disks.compactMap { $0["name"] as? String }))
        for row in disks {
            let disk = try #require(found.first { $0.name == row["name"] as? String })
            #expect(disk.size == row["size"] as? Int && disk.logicalBlockSize == row["log-sec"] as? Int)
            #expect(disk.readOnly == row["ro"] as? Bool && disk.rotational == row["rota"] as? Bool)
        }
    }

    @Test(.enabled(if: Tool.find("ip") != nil)) func routes() throws {
        let rows = try #require(try Tool.json("ip", ["-j", "-4", "route", "show", "table", "main"]) as? [[String: Any]])
        func key(_ destination: String, _ gateway: String?, _ device: String, _ metric: Int) -> String {
            "\(destination) \(gateway ?? "-") \(device) \(metric)"
        }
        let expected = rows.filter { $0["type"] == nil && $0["dev"] != nil }.map { row -> String in
            let name = row["dst"] as? String ?? ""
            let destination = name == "default" ? "0.0.0.0/0" : name.contains("/") ? name : name + "/32"
            return key(destination, row["gateway"] as? String, row["dev"] as? String ?? "", row["metric"] as? Int ?? 0)
        }
        let found = probe.network().routes4.map { key("\($0.destination)/\($0.prefixLength)", $0.gateway, $0.interface, $0.metric) }
        #expect(found.sorted() == expected.sorted())
    }

    @Test(.enabled(if: Tool.find("ip") != nil)) func links() throws {
        let rows = try #require(try Tool.json("ip", ["-j", "link"]) as? [[String: Any]])
        let expected = rows.map { "\($0["ifindex"] as? Int ?? 0) \($0["ifname"] as? String ?? "") \($0["mtu"] as? Int ?? 0)" }
        #expect(probe.network().links.map { "\($0.index) \($0.name) \($0.mtu)" } == expected)
    }
}
