import KVM
import LinuxSupport
import NetSetup
import NetworkValues
import QemuArgs
import TestSupport

@testable import BootSettings
@testable import Booter
@testable import DiskFormats

/// Machines and configurations without sense: what a damaged file, a strange kernel or a curious user could make of them.
struct RandomPlan {
    var random: SplitMix64
    /// Sane numbers most of the time, so that the later parts of a plan are reached.
    private var isWild: Bool

    init(seed: UInt64) {
        random = SplitMix64(seed: seed)
        isWild = seed % 3 == 0
    }

    private mutating func chance(_ percent: Int) -> Bool { Int.random(in: 0..<100, using: &random) < percent }
    /// What spoils a plan: often on a wild machine, seldom on another.
    private mutating func trouble() -> Bool { chance(isWild ? 30 : 3) }
    private mutating func pick<T>(_ values: [T]) -> T { values[Int.random(in: 0..<values.count, using: &random)] }
    private mutating func maybe<T>(_ value: (inout Self) -> T) -> T? { chance(70) ? value(&self) : nil }
    private mutating func list<T>(_ upTo: Int, _ value: (inout Self) -> T) -> [T] {
        (0..<Int.random(in: 0...upTo, using: &random)).map { _ in value(&self) }
    }

    private mutating func number(_ range: ClosedRange<Int>) -> Int {
        guard isWild, chance(50) else { return Int.random(in: range, using: &random) }
        return pick([Int.min, Int.min + 1, -1, 0, 1, 2, 1 << 31, 1 << 46, 1 << 62, Int.max - 1, Int.max])
    }
    private mutating func bytes() -> Int { number(0...(1 << Int.random(in: (isWild ? 20 : 34)...42, using: &random))) }

    private mutating func text() -> String {
        let odd = ["", " ", "a,b", "x\ny", "\u{0}", "é\u{301}", "'\"\\$(id)", "../..", "=", ",,", "fd=3,fd=4", "-", "--", "%s%n", "😀"]
        return pick(odd + [String(repeating: "long", count: 300)])
    }
    private mutating func word(_ sane: [String]) -> String { isWild && chance(30) ? text() : pick(sane) }

    private mutating func cpu() -> CPUFacts {
        let count = Int.random(in: (isWild ? 0 : 1)...pick([1, 4, 130, 300]), using: &random)
        let flags = ["vmx", "svm", "avx2", "sse4_2", "ept", "npt", "constant_tsc", "nonstop_tsc", "hypervisor", "ibrs"]
        return CPUFacts(
            vendor: word(["GenuineIntel", "AuthenticAMD", "HygonGenuine"]), modelName: word(["Some CPU"]), family: number(0...30),
            model: number(0...255), physicalBits: maybe { $0.number(36...57) }, flags: flags.filter { _ in !trouble() },
            logical: (0..<count).map {
                LogicalCPU(
                    id: $0, package: number(0...3), die: number(0...1), core: number(0...64),
                    kind: maybe { $0.pick([LogicalCPU.Kind.performance, .efficiency]) })
            }, allowed: chance(50) ? Array(0..<count) : list(count) { $0.number(0...count) })
    }

    private mutating func memory() -> MemoryFacts {
        MemoryFacts(
            total: bytes(), available: bytes(), swapFree: bytes(),
            hugepages: maybe { HugepageFacts(total: $0.number(0...10000), free: $0.number(0...10000)) },
            transparentHugepages: maybe { $0.word(["always", "madvise", "never"]) })
    }

    private mutating func kvm() -> KVMFacts {
        let leaves = [UInt32(1), 7, 0xd, 0x8000_0001, 0x8000_0007]
        let kinds: [KVMProblem.Kind] = [.nodeMissing, .permission, .open, .apiVersion, .createVM, .createVCPU, .cannotRunFirmware]
        return KVMFacts(
            problem: trouble() ? KVMProblem(kind: pick(kinds), detail: text()) : nil, apiVersion: maybe { $0.number(12...12) },
            capabilities: chance(50) ? ["KVM_CAP_MAX_VCPUS": number(1...1024)] : [:],
            cpuid: list(8) { this in
                let register = { (this: inout Self) in UInt32.random(in: 0...UInt32.max, using: &this.random) }
                return CPUIDLeaf(
                    function: this.pick(leaves), index: UInt32.random(in: 0...1, using: &this.random), eax: register(&this),
                    ebx: register(&this), ecx: register(&this), edx: register(&this))
            }, tscKHz: maybe { $0.number(1_000_000...5_000_000) })
    }

    private mutating func route() -> RouteFacts {
        RouteFacts(
            destination: word(["0.0.0.0", "192.168.254.0", "10.0.0.0", "172.16.0.0", "::"]), prefixLength: number(0...32),
            gateway: maybe { $0.word(["192.0.2.1"]) }, interface: word(["eth0", "eth1", "tap0"]), metric: number(0...1000))
    }

    private mutating func network() -> NetworkFacts {
        NetworkFacts(
            links: list(4) { this in
                LinkFacts(
                    name: this.word(["eth0", "eth1", "lo"]), index: this.number(1...9), mtu: this.number(68...9000),
                    state: this.word(["up"]), hasDevice: this.chance(50))
            }, routes4: list(6) { $0.route() }, routes6: list(3) { $0.route() },
            nameservers: list(3) { $0.word(["192.0.2.53", "fec0::3"]) },
            sysctls: chance(70) ? ["net/ipv6/conf/all/disable_ipv6": word(["0", "1"]), "net/ipv6/conf/eth0/accept_ra": "1"] : [:])
    }

    private mutating func partition() -> Partition {
        Partition(
            kind: pick([.apfs, .hfsPlus, .appleOther, .esp, .fat, .linux, .linuxSwap, .microsoft, .biosBoot, .other]),
            label: word(["Macintosh HD", "root"]), size: bytes(), uuid: maybe { $0.word([Sample.guid]) })
    }

    private mutating func disk() -> DiskFacts {
        DiskFacts(
            name: word(["sda", "sdc", "vda", "nvme0n1"] + (isWild ? ["sdb"] : [])), size: bytes(), model: maybe { $0.word(["Disk"]) },
            serial: maybe { $0.word(["S1"]) }, readOnly: chance(5), rotational: chance(50), logicalBlockSize: number(512...4096),
            aliases: list(2) { $0.word(["/dev/disk/by-id/x"]) }, mounts: chance(10) ? [text()] : [], holders: chance(5) ? [text()] : [],
            readError: chance(5) ? text() : nil,
            table: maybe { this in PartitionTable(scheme: this.pick([.gpt, .mbr, .none]), partitions: this.list(4) { $0.partition() }) })
    }

    private mutating func file() -> FileFact { FileFact(path: word(["/a", "/b"]), size: number(0...5_000_000), isBlockDevice: chance(20)) }

    mutating func facts() -> HostFacts {
        var facts = Sample.facts
        facts.isReplay = chance(20)
        facts.kernel.commandLine = word(["root=/dev/sda3 ro", "root=PARTUUID=\(Sample.guid)", "quiet"])
        facts.kernel.release = word(["6.1.0"])
        facts.kernel.hasModuleDirectory = !trouble()
        facts.kernel.otherModuleDirectories = list(2) { $0.text() }
        facts.kernel.liveModules = ModuleTable.names.filter { _ in chance(60) }
        facts.kernel.builtinModules = ModuleTable.names.filter { _ in chance(20) }
        facts.kernel.moduleParameters = chance(50) ? ["kvm.ignore_msrs": word(["Y", "N"]), "kvm_intel.ept": word(["Y", "N"])] : [:]
        facts.kernel.bootPartitions = list(1) { $0.word([Sample.guid]) }
        facts.kernel.hasIOUring = chance(50)
        facts.kernel.clocksource = maybe { $0.word(["tsc", "kvm-clock", "hpet"]) }
        facts.process = ProcessFacts(
            effectiveUser: trouble() ? number(0...1000) : 0,
            effectiveCapabilities: trouble() ? UInt64.random(in: 0...UInt64.max, using: &random) : .max)
        facts.cpu = cpu()
        facts.memory = memory()
        facts.cgroup = CgroupFacts(
            cpuMillis: chance(30) ? number(0...20000) : nil, memoryLimit: chance(30) ? bytes() : nil,
            memoryUsed: maybe { $0.number(0...(1 << 30)) })
        facts.kvm = trouble() ? nil : kvm()
        facts.network = network()
        facts.disks = list(5) { $0.disk() }
        if !trouble() { facts.disks.append(Sample.facts.disks[1]) }
        facts.files.bootloader = maybe { $0.file() }
        facts.files.installer = maybe { $0.file() }
        facts.files.seed = maybe { this in
            let sizes = this.list(3) { (name: $0.word(["user-data", "meta-data"]), size: $0.bytes()) }
            return SeedFact(
                files: this.chance(50) ? Dictionary(sizes.map { ($0.name, $0.size) }) { $1 } : nil,
                problem: this.trouble() ? this.text() : nil)
        }
        if trouble() { facts.files.firmware = list(2) { FirmwarePair(code: $0.file(), variables: $0.file()) } }
        if trouble() { facts.files.dnsmasq = nil }
        facts.files.nodes = facts.files.nodes.filter { _ in !trouble() }
        facts.files.users = chance(50) ? ["nobody": UserFact(uid: number(0...70000), gid: number(0...70000))] : [:]
        facts.qemu = qemu()
        if trouble() { facts.qemuProblem = "it said: " + text() }
        facts.identity = IdentityFacts(machineID: maybe { $0.text() }, productUUID: maybe { $0.word([Sample.guid]) })
        return facts
    }

    private mutating func qemu() -> QemuFacts? {
        guard !trouble() else { return nil }
        var qemu = Sample.qemu
        if isWild { qemu.version = list(4) { $0.number(0...11) } }
        if trouble() { qemu.devices.removeFirst() }
        if trouble() { qemu.machines = list(2) { $0.word(["pc-q35-10.0"]) } }
        if chance(20) { qemu.options = [:] }
        if chance(20) { qemu.options["run-with"] = ["user"] }
        return qemu
    }

    /// Values that the parsers of the configuration let through.
    mutating func configuration() -> Configuration {
        var configuration = Configuration()
        configuration.guest.macOS = pick(MacOSRelease.allCases)
        if chance(30) { configuration.guest.vcpus = Int.random(in: 1...(trouble() ? 1024 : 64), using: &random) }
        if chance(30) {
            let bits = Int.random(in: 1...(trouble() ? 26 : 13), using: &random)
            configuration.guest.memory = Int.random(in: 1...(1 << bits), using: &random) << 20
        }
        configuration.guest.accelerator = chance(80) ? .kvm : .tcg
        configuration.guest.hugepages = pick(Configuration.Hugepages.allCases)
        configuration.guest.cpuModel = trouble() ? pick(["host", "Haswell-noTSX", "odd"]) : nil
        configuration.guest.paravirtualLocks = chance(20)
        configuration.disk.detectZeroes = chance(20)
        configuration.network.queues = pick([1, 2, 8])
        configuration.disk.device =
            trouble() ? pick([.path("/dev/x"), .serial("S1"), .label("Macintosh HD")]) : chance(50) ? .path("/dev/sdb") : nil
        configuration.disk.minimum = trouble() ? 1 << 56 : pick([0, 32 << 20])
        configuration.guest.oskFile = chance(20) ? "/root/osk" : nil
        configuration.firmware.type = chance(80) ? .uefi : .bios
        configuration.disk.aio = chance(25) ? nil : pick(DiskIO.allCases)
        configuration.network.uplink = chance(20) ? InterfaceName("eth1") : nil
        configuration.network.subnet = chance(20) ? IPv4Network("10.9.0.0/16") : nil
        configuration.network.mtu = chance(20) ? Int.random(in: 1280...65535, using: &random) : nil
        configuration.network.ipv6 = pick(Configuration.IPv6.allCases)
        configuration.network.nic = chance(30) ? pick(NICModel.allCases) : nil
        configuration.display.vnc = pick([.off, .unix("/run/x/vnc"), .tcp(host: "::1", display: 5)])
        configuration.display.vncPasswordFile = chance(20) ? "/etc/pw,x" : nil
        configuration.qemu.user = trouble() ? "stranger" : pick(["auto", "root", "1000:1000"])
        configuration.qemu.machine = trouble() ? pick(["pc-q35-7.2", "pc-q35-9.9"]) : nil
        configuration.qemu.serial = pick([.stdio, .none, .file("/a,b")])
        configuration.qemu.qmp = chance(30) ? nil : "/qmp"
        configuration.qemu.extra = list(2) { $0.pick(["-foo", "bar,baz", ""]) }
        return configuration
    }
}
