import Diagnostics
import Foundation
import Testing

@testable import BootSettings
@testable import Booter
@testable import DiskFormats

/// Whole machines, from files to facts.
struct SavedHostTests {
    /// Written by this test itself with BOOT_UPDATE_GOLDENS=1: read the difference before committing it.
    @Test(arguments: SavedHost.all.filter { $0.name != "amd-128" })
    func factsAreAsRecorded(host: SavedHost) throws {
        let facts = try host.facts()
        let golden = SavedHost.directory.appendingPathComponent(host.name + ".json")
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        let text = String(decoding: try encoder.encode(facts), as: UTF8.self) + "\n"
        if ProcessInfo.processInfo.environment["BOOT_UPDATE_GOLDENS"] == "1" { try Data(text.utf8).write(to: golden) }
        #expect(try String(contentsOf: golden, encoding: .utf8) == text)
        #expect(try JSONDecoder().decode(HostFacts.self, from: Data(text.utf8)) == facts)
    }

    struct CPUs: Sendable {
        var host: String
        var sockets: Int
        var cores: Int
        var logical: Int
        var allowed: Int
        var virtualization: CPUFacts.Virtualization?
    }

    @Test(arguments: [
        CPUs(host: "intel-1s", sockets: 1, cores: 4, logical: 8, allowed: 8, virtualization: .vmx),
        CPUs(host: "intel-2s", sockets: 2, cores: 8, logical: 16, allowed: 16, virtualization: .vmx),
        CPUs(host: "amd-1s", sockets: 1, cores: 8, logical: 16, allowed: 16, virtualization: .svm),
        CPUs(host: "gce-n2", sockets: 1, cores: 4, logical: 8, allowed: 8, virtualization: .vmx),
        CPUs(host: "no-kvm", sockets: 1, cores: 1, logical: 2, allowed: 2, virtualization: nil),
        CPUs(host: "one-cpu", sockets: 1, cores: 1, logical: 1, allowed: 1, virtualization: .vmx),
        CPUs(host: "container", sockets: 1, cores: 8, logical: 16, allowed: 4, virtualization: .svm),
        CPUs(host: "hybrid", sockets: 1, cores: 12, logical: 20, allowed: 20, virtualization: .vmx),
        CPUs(host: "amd-128", sockets: 2, cores: 64, logical: 128, allowed: 128, virtualization: .svm),
    ])
    func cpusAreCounted(expected: CPUs) throws {
        let cpu = try SavedHost(name: expected.host).facts().cpu
        #expect(cpu.sockets == expected.sockets)
        #expect(cpu.cores == expected.cores)
        #expect(cpu.logical.count == expected.logical)
        #expect(cpu.allowed.count == expected.allowed)
        #expect(cpu.virtualization == expected.virtualization)
    }

    @Test func hybridCPUsHaveAKind() throws {
        let logical = try SavedHost(name: "hybrid").facts().cpu.logical
        #expect(logical.filter { $0.kind == .performance }.map(\.id) == Array(0..<16))
        #expect(logical.filter { $0.kind == .efficiency }.map(\.id) == Array(16..<20))
        #expect(try SavedHost(name: "intel-1s").facts().cpu.logical.allSatisfy { $0.kind == nil })
    }

    @Test func containerHasItsLimits() throws {
        let facts = try SavedHost(name: "container").facts()
        #expect(facts.cgroup == CgroupFacts(cpuMillis: 2500, memoryLimit: 8 << 30, memoryUsed: 200 << 20))
        #expect(!facts.process.has(.netAdmin) && facts.process.has(.mknod))
    }

    @Test func disksAreTheRealOnes() throws {
        func names(_ host: String) throws -> [String] { try SavedHost(name: host).facts().disks.map(\.name) }
        #expect(try names("intel-1s") == ["sda", "sdb"])
        #expect(try names("intel-2s") == ["sda", "sdb"])
        #expect(try names("amd-1s") == ["nvme0n1", "nvme1n1"])
        #expect(try names("container") == ["nvme0n1", "sdb"])
    }

    @Test func macOSDiskIsRecognized() throws {
        let disks = try SavedHost(name: "intel-1s").facts().disks
        let disk = try #require(disks.first { $0.name == "sdb" })
        #expect(disk.isApple && disk.table?.scheme == .gpt)
        #expect(disk.table?.partitions.map(\.label) == ["EFI System Partition", "Macintosh HD"])
        #expect(disk.model == "Samsung SSD 860" && disk.serial == "S3Z1NB0K000001A")
        #expect(
            disk.aliases.sorted() == [
                "/dev/disk/by-id/ata-Samsung_SSD_860_EVO_500GB_S3Z1NB0K000001A", "/dev/disk/by-path/pci-0000:00:17.0-ata-2",
            ])
        #expect(disk.mounts.isEmpty && disk.readError == nil)
        #expect(disks.first?.isApple == false)
        #expect(disks.first?.mounts == ["/", "swap"])
        let nvme = try #require(try SavedHost(name: "amd-1s").facts().disks.last)
        #expect(nvme.table?.partitions.map(\.kind) == [.esp, .hfsPlus] && nvme.logicalBlockSize == 4096)
        // A disk whose first block is zeros, and one that was not saved with the machine.
        #expect(try SavedHost(name: "intel-2s").facts().disks.last?.table == nil)
        #expect(try SavedHost(name: "container").facts().disks.first?.readError == nil)
    }

    @Test func stackedDeviceIsTakenWhenNamed() throws {
        var configuration = Configuration()
        configuration.disk.device = .path("/dev/dm-0")
        let facts = try SavedHost(name: "intel-2s").facts(configuration: configuration)
        #expect(facts.disks.map(\.name) == ["dm-0", "sda", "sdb"])
        #expect(facts.disks[0].mounts == ["/"] && facts.disks[1].holders == ["dm-0"])
    }

    @Test func withoutProcTheMessageSaysSo() throws {
        let machine = try ScratchMachine()
        #expect {
            try HostProbe(root: machine.root, configuration: Configuration(), questions: SavedHost.questions).facts()
        } throws: { error in
            (error as? OperationError).map { $0.object == "/proc/cpuinfo" && $0.remedy?.contains("mount") == true } ?? false
        }
    }
}
