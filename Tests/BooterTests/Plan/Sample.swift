import LinuxSupport
import NetSetup

@testable import BootSettings
@testable import Booter
@testable import DiskFormats

/// A machine on which everything is as it should be; tests change one thing in it.
enum Sample {
    static let gib = 1 << 30
    static let guid = "0b6f9b0e-5b43-4b5a-9b0e-4b1d0c0f5a11"

    /// 8 CPUs, 16 GiB, macOS on sdb, all modules live, QEMU 7.2 and KVM asked.
    static let facts = HostFacts(
        kernel: KernelFacts(
            release: "6.12.0", commandLine: "console=ttyS0 ro", hasModuleDirectory: true, otherModuleDirectories: [],
            liveModules: ModuleTable.names.filter { $0 != "kvm_amd" }, builtinModules: [], moduleParameters: ["kvm.ignore_msrs": "Y"],
            clocksource: "tsc", hasIOUring: true),
        process: ProcessFacts(effectiveUser: 0, effectiveCapabilities: 0x1ff_ffff_ffff), cpu: cpu(8), memory: memory,
        cgroup: CgroupFacts(), kvm: SavedAnswers.skylake, network: network,
        disks: [
            disk("sda", [.init(kind: .esp, label: "", size: gib, uuid: guid), .init(kind: .linux, label: "root", size: gib, uuid: nil)]),
            disk("sdb", [.init(kind: .apfs, label: "Macintosh HD", size: 63 * gib, uuid: nil)]),
        ], files: files, qemu: qemu, identity: IdentityFacts(machineID: nil, productUUID: "3d1d1a52-4a2c-4d5e-8f00-0123456789ab"))

    static func cpu(_ count: Int) -> CPUFacts {
        CPUFacts(
            vendor: "GenuineIntel", modelName: "Core i7-6700", family: 6, model: 94,
            flags: ["avx2", "constant_tsc", "ept", "nonstop_tsc", "sse4_2", "vmx"],
            logical: (0..<count).map { LogicalCPU(id: $0, package: 0, die: 0, core: $0) }, allowed: Array(0..<count))
    }

    static let memory = MemoryFacts(
        total: 16 * gib, available: 15 * gib, swapFree: 0, hugepages: HugepageFacts(total: 0, free: 0), transparentHugepages: "madvise")

    static let network = NetworkFacts(
        links: [link("lo", mtu: 65536), link("eth0"), link("eth1")],
        routes4: [route("0.0.0.0", 0, "eth0", metric: 100), route("192.168.1.0", 24, "eth0")], routes6: [], nameservers: ["192.168.1.1"],
        sysctls: ["net/ipv4/ip_forward": "0", "net/ipv6/conf/all/disable_ipv6": "0", "net/ipv6/conf/eth0/accept_ra": "1"])

    static func link(_ name: String, mtu: Int = 1500) -> LinkFacts {
        LinkFacts(name: name, index: 1, mtu: mtu, state: "up", hasDevice: true)
    }

    static func route(_ destination: String, _ prefix: Int, _ interface: String, metric: Int = 0) -> RouteFacts {
        RouteFacts(destination: destination, prefixLength: prefix, gateway: nil, interface: interface, metric: metric)
    }

    static func disk(_ name: String, _ partitions: [Partition]) -> DiskFacts {
        DiskFacts(
            name: name, size: 64 * gib, model: nil, serial: "serial-" + name, readOnly: false, rotational: false, logicalBlockSize: 512,
            aliases: ["/dev/disk/by-id/ata-" + name], mounts: [], holders: [], readError: nil,
            table: partitions.isEmpty ? nil : PartitionTable(scheme: .gpt, partitions: partitions))
    }

    static let files = FileFacts(
        bootloader: FileFact(path: "/macos/bootloader.img", size: 64 << 20, isBlockDevice: false),
        firmware: [
            FirmwarePair(
                code: FileFact(path: "/ovmf/code.fd", size: 3_653_632, isBlockDevice: false),
                variables: FileFact(path: "/ovmf/vars.fd", size: 540_672, isBlockDevice: false))
        ], dnsmasq: "/usr/sbin/dnsmasq", nodes: DeviceNode.all.map(\.path),
        users: ["root": UserFact(uid: 0, gid: 0), "nobody": UserFact(uid: 65534, gid: 65534)])

    static let qemu = QemuFacts(
        path: "/usr/bin/qemu-system-x86_64", version: [7, 2, 22], machines: ["pc-q35-7.1", "pc-q35-7.2", "q35"],
        devices: [
            "ide-hd", "isa-applesmc",
            "virtio-blk-pci", "virtio-net-pci", "vmxnet3", "qemu-xhci", "usb-kbd", "usb-tablet", "virtio-rng-pci", "vmware-svga",
        ],
        cpuModels: ["Skylake-Client-v4", "Haswell-noTSX"], options: ["sandbox": ["enable"], "aio": ["threads", "native", "io_uring"]])

    /// The plan of `facts` after `change`, by default the second one of a run.
    static func plan(
        prepared: Bool = true, _ configuration: Configuration = Configuration(), _ change: (inout HostFacts) -> Void = { _ in }
    ) -> BootPlan {
        var facts = facts
        change(&facts)
        return Planner(configuration: configuration, facts: facts, prepared: prepared).plan()
    }

    /// What a part of the planner says.
    static func notes<Result>(_ part: (inout PlanNotes) -> Result) -> (Result, PlanNotes) {
        var notes = PlanNotes()
        let result = part(&notes)
        return (result, notes)
    }
}

extension PlanNotes {
    var refusal: Finding? { findings.first { $0.status == .failure } }
    var warnings: [String] { findings.filter { $0.status == .warning }.map(\.message) }
    func reason(_ name: String) -> String? { decisions.first { $0.name == name }?.reason }
}

extension BootPlan {
    func decision(_ name: String) -> Decision? { decisions.first { $0.name == name } }
}

extension Configuration {
    /// The defaults with something changed.
    static func with(_ change: (inout Configuration) -> Void) -> Configuration {
        var configuration = Configuration()
        change(&configuration)
        return configuration
    }
}
