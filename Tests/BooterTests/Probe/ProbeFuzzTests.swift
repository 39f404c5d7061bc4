import Diagnostics
import Foundation
import LinuxSupport
import SystemPackage
import TestSupport
import Testing

@testable import BootSettings
@testable import Booter
@testable import DiskFormats

/// Nothing that a file or a disk contains can end the program.
///
/// A trap would end the test run, so reaching the end is the assertion; what can be said of any result is checked too.
struct ProbeFuzzTests {
    private static let rounds = 300

    private static func samples(_ path: String) -> [[UInt8]] {
        SavedHost.all.compactMap { host in
            (try? Data(contentsOf: SavedHost.directory.appendingPathComponent(host.name + path))).map { Array($0.prefix(6000)) }
        }
    }

    private static func texts(_ path: String, seed: UInt64) -> [String] {
        var random = SplitMix64(seed: seed)
        let samples = samples(path)
        return (0..<rounds).map { _ in String(decoding: random.mutated(samples.randomElement(using: &random) ?? []), as: UTF8.self) }
    }

    @Test func cpuinfo() {
        for text in Self.texts("/proc/cpuinfo", seed: 1) {
            let info = CPUInfo(parsing: text)
            #expect(info.flags == info.flags.sorted())
            _ = info.namesEveryCore
        }
    }

    @Test func meminfo() {
        for text in Self.texts("/proc/meminfo", seed: 2) {
            if let info = MemInfo(parsing: text) { #expect((0...info.total).contains(info.available)) }
        }
    }

    @Test func status() {
        for text in Self.texts("/proc/self/status", seed: 3) {
            let list = ProcessStatus(parsing: text).allowedCPUs.flatMap { CPUList.parse($0) } ?? []
            #expect(list.allSatisfy { (0..<CPUList.limit).contains($0) })
        }
    }

    @Test func routes() {
        for text in Self.texts("/proc/net/route", seed: 4) {
            #expect(RouteTable.parse4(text).allSatisfy { (0...32).contains($0.prefixLength) })
        }
        for text in Self.texts("/proc/net/ipv6_route", seed: 5) {
            #expect(RouteTable.parse6(text).allSatisfy { (0...128).contains($0.prefixLength) })
        }
    }

    @Test func cgroups() throws {
        let machine = try ScratchMachine([
            "/sys/fs/cgroup/cpu.max": "9223372036854775807 1", "/sys/fs/cgroup/memory.max": "-9223372036854775808",
        ])
        let mounts = Self.texts("/proc/self/mountinfo", seed: 6).map { MountInfo.parse($0) }
        for (text, mounts) in zip(Self.texts("/proc/self/cgroup", seed: 7), mounts) {
            let facts = CgroupReader(root: machine.root).facts(memberships: CgroupMembership.parse(text), mounts: mounts)
            #expect(facts.memoryLimit ?? 0 >= 0)
        }
    }

    @Test func disksInUse() {
        let swaps = Self.texts("/proc/swaps", seed: 8)
        for (text, swaps) in zip(Self.texts("/proc/self/mountinfo", seed: 9), swaps) {
            #expect(DiskUse(mounts: MountInfo.parse(text), swaps: swaps).places(name: "nothing", number: nil).isEmpty)
        }
    }

    @Test func smallFiles() {
        for text in Self.texts("/etc/resolv.conf", seed: 10) { _ = Resolver.nameservers(text) }
        for text in Self.texts("/etc/passwd", seed: 11) {
            #expect(UserTable.parse(text, names: ["root", "nobody"]).values.allSatisfy { $0.uid >= 0 && $0.gid >= 0 })
        }
        for text in Self.texts("/lib/modules/6.6.71/modules.builtin", seed: 12) {
            _ = BuiltinModules.names(in: text, among: ["virtio_net"])
        }
        for text in Self.texts("/sys/kernel/mm/transparent_hugepage/enabled", seed: 13) { _ = MemoryReader.chosen(text[...]) }
    }

    @Test func answersOfQEMU() throws {
        var random = SplitMix64(seed: 14)
        for sample in QemuAnswersTests.lines {
            for _ in 0..<20 {
                var answers = QemuAnswers(asked: SavedHost.questions.qemuDevices)
                // An answer of another form is refused; nothing may trap.
                try? answers.take(random.mutated(Array(sample.utf8)) + [UInt8(ascii: "\n")])
                #expect(answers.version.count == 0 || answers.version.count == 3)
            }
        }
    }

    /// Bytes anywhere on the disk; every other time with the checksums made right, so that the wrong numbers are believed.
    @Test(arguments: [512, 4096]) func disks(blockSize: Int) throws {
        var random = SplitMix64(seed: 15)
        var gpts = 0
        for round in 0..<(2 * Self.rounds) {
            var disk = DiskSketch(size: [0, 600, 5000, 70_000, 1 << 30].randomElement(using: &random) ?? 0, blockSize: blockSize)
            disk.mbr([(0xee, 1, .max)])
            disk.gpt([(DiskSketch.esp, "EFI", 40, 2047), (DiskSketch.apfs, "Macintosh HD", 2048, 4095)])
            disk.write(random.mutated(disk.bytes(0, blockSize)), at: 0)
            if round.isMultiple(of: 2) {
                disk.write(random.mutated(disk.bytes(blockSize, 92)), at: blockSize)
                disk.seal(block: 1)
            } else {
                disk.write(random.mutated(disk.bytes(2 * blockSize, 256)), at: 2 * blockSize)
                disk.seal(block: 1)
            }
            guard let table = try PartitionTableReader.table(of: disk.source) else { continue }
            if table.scheme == .gpt { gpts += 1 }
            #expect(table.partitions.allSatisfy { $0.size >= 0 && $0.label == $0.label.printable })
        }
        // The generator has to get past the checksums, or it tests nothing.
        #expect(gpts > Self.rounds / 4)
    }

    @Test func randomDisks() throws {
        var random = SplitMix64(seed: 16)
        for _ in 0..<100 {
            var head = (0..<8192).map { _ in UInt8.random(in: 0...255, using: &random) }
            head.replaceSubrange(510..<512, with: [0x55, 0xaa])
            _ = try PartitionTableReader.table(of: DiskSketch(head: head, size: 8192).source)
            _ = DiskIdentity.unitSerial(Array(head.prefix(Int.random(in: 0...64, using: &random))))
        }
    }

    @Test func wholeMachines() throws {
        var random = SplitMix64(seed: 17)
        for host in SavedHost.all {
            let machine = try host.machine()
            let files = [
                "/proc/cpuinfo", "/proc/self/mountinfo", "/proc/self/cgroup", "/sys/block/sdb/size", "/sys/class/net/lo/mtu", "/dev/sdb",
            ]
            for _ in 0..<2 {
                for file in files {
                    let original = (try? Data(contentsOf: machine.directory.appendingPathComponent(file))) ?? Data()
                    if !original.isEmpty { try machine.write(random.mutated(Array(original)), to: file) }
                }
                let probe = HostProbe(
                    root: machine.root, configuration: Configuration(), questions: SavedHost.questions)
                if let facts = try? probe.facts() { #expect(facts.disks.allSatisfy { $0.size > 0 }) }
            }
        }
    }
}
