import DiskFormats
import KVM

/// Everything about the machine that a plan may depend on.
///
/// Read by `HostProbe`, without changing anything. Codable so that `boot probe --json` can be attached to a bug report
/// and `boot plan --facts` replays it. All sizes are bytes unless the name says otherwise.
struct HostFacts: Codable, Equatable, Sendable {
    /// Raised when a field changes its meaning.
    var schemaVersion = HostFacts.schema
    static let schema = 1
    /// Read from a saved copy: KVM and QEMU could not be asked.
    var isReplay = false
    var kernel: KernelFacts
    var process: ProcessFacts
    var cpu: CPUFacts
    var memory: MemoryFacts
    var cgroup: CgroupFacts
    /// nil until the modules are loaded, and when a saved machine is replayed.
    var kvm: KVMFacts?
    var network: NetworkFacts
    /// Whole disks, in the kernel's order: no partitions, loops, RAM disks or optical drives.
    var disks: [DiskFacts]
    var files: FileFacts
    /// nil when no QEMU binary was found, or it could not be asked.
    var qemu: QemuFacts?
    /// Why a binary that was found could not be asked.
    var qemuProblem: String?
    var identity: IdentityFacts
}

/// The running kernel and what it says of its modules.
struct KernelFacts: Codable, Equatable, Sendable {
    /// `uname -r`: /proc/sys/kernel/osrelease.
    var release: String
    /// /proc/cmdline, one line.
    var commandLine: String
    /// Whether /lib/modules/<release> exists.
    var hasModuleDirectory: Bool
    /// What /lib/modules holds instead, for the message about a wrong kernel version.
    var otherModuleDirectories: [String]
    /// Of the modules that a plan can name, those that are live: /sys/module/<name> exists (built in
    /// ones with parameters show there too), or the device that it drives is in /proc/misc.
    var liveModules: [String]
    /// Of the modules that a plan can name, those that modules.builtin lists.
    var builtinModules: [String]
    /// False when this kernel was built without nft_fib_inet, by which a rule recognizes the machine's own addresses.
    var hasAddressLookup = true
    /// Parameters of live kvm, kvm_intel and kvm_amd that matter, as /sys/module/*/parameters shows them: "kvm.ignore_msrs": "Y".
    var moduleParameters: [String: String]
    /// The clock source in use: tsc, kvm-clock, hyperv_clocksource_tsc_page, hpet; nil when unknown.
    var clocksource: String?
    /// GPT unique GUIDs of partitions that this Linux was started from, as the firmware or the boot loader told it.
    var bootPartitions: [String] = []
    /// Whether io_uring_setup(2) works here: false when it is compiled out or switched off (kernel.io_uring_disabled).
    var hasIOUring = false

    /// Whether a module is there, loaded or as a part of the kernel.
    func has(_ module: String) -> Bool { liveModules.contains(module) || builtinModules.contains(module) }
}

/// What this process may do.
struct ProcessFacts: Codable, Equatable, Sendable {
    var effectiveUser: Int
    /// The CapEff line of /proc/self/status: a bit per capability, linux/capability.h.
    var effectiveCapabilities: UInt64

    func has(_ capability: Capability) -> Bool { effectiveCapabilities & (1 << UInt64(capability.rawValue)) != 0 }
}

/// The capabilities that `boot` uses, numbered as in linux/capability.h.
enum Capability: Int, Codable, CaseIterable, Sendable {
    case netAdmin = 12
    case sysModule = 16
    case sysPtrace = 19
    case sysAdmin = 21
    case sysResource = 24
    case mknod = 27

    /// The kernel's name: CAP_NET_ADMIN.
    var name: String {
        switch self {
        case .netAdmin: "CAP_NET_ADMIN"
        case .sysModule: "CAP_SYS_MODULE"
        case .sysPtrace: "CAP_SYS_PTRACE"
        case .sysAdmin: "CAP_SYS_ADMIN"
        case .sysResource: "CAP_SYS_RESOURCE"
        case .mknod: "CAP_MKNOD"
        }
    }
}

/// /proc/cpuinfo, /sys/devices/system/cpu and the scheduler's affinity mask.
struct CPUFacts: Codable, Equatable, Sendable {
    /// GenuineIntel, AuthenticAMD, or what else `vendor_id` says.
    var vendor: String
    var modelName: String
    var family: Int
    var model: Int
    /// Bits of a physical address; nil when the kernel does not say.
    var physicalBits: Int?
    /// Flags that every online CPU has, sorted.
    var flags: [String]
    /// Online CPUs in the kernel's order.
    var logical: [LogicalCPU]
    /// CPU numbers that this process may run on (Cpus_allowed_list), of those online.
    var allowed: [Int]

    func has(_ flag: String) -> Bool { flags.contains(flag) }
    /// Hardware virtualization: vmx on Intel, svm on AMD.
    var virtualization: Virtualization? { has("vmx") ? .vmx : has("svm") ? .svm : nil }
    var sockets: Int { Set(logical.map(\.package)).count }
    /// Physical cores over all sockets: a core number means nothing without its package.
    var cores: Int { Set(logical.map { [$0.package, $0.die, $0.core] }).count }

    enum Virtualization: String, Codable, Sendable { case vmx, svm }
}

/// One online CPU.
struct LogicalCPU: Codable, Equatable, Sendable {
    var id: Int
    var package: Int
    var die: Int
    var core: Int
    /// nil on a machine whose CPUs are all alike; else what /sys/devices/cpu_core and cpu_atom say.
    var kind: Kind?

    enum Kind: String, Codable, Sendable { case performance, efficiency }
}

/// /proc/meminfo and /sys/kernel/mm.
struct MemoryFacts: Codable, Equatable, Sendable {
    var total: Int
    /// MemAvailable, or MemFree + Buffers + Cached on a kernel without it.
    var available: Int
    var swapFree: Int
    /// The 2 MiB pool: /sys/kernel/mm/hugepages/hugepages-2048kB; nil when the kernel has none.
    var hugepages: HugepageFacts?
    /// The chosen word of /sys/kernel/mm/transparent_hugepage/enabled: always, madvise or never; nil when absent.
    var transparentHugepages: String?
}

struct HugepageFacts: Codable, Equatable, Sendable {
    var total: Int
    var free: Int
}

/// The limits of the cgroup that this process is in, version 1 or 2, the tightest of its ancestors.
struct CgroupFacts: Codable, Equatable, Sendable {
    /// CPU time in thousandths of a CPU (2500 = two and a half); nil without a limit.
    var cpuMillis: Int?
    /// memory.max or memory.high, bytes: of all that bind, the one with the least room left; nil without a limit.
    var memoryLimit: Int?
    /// memory.current of the cgroup that sets the limit, bytes.
    var memoryUsed: Int?
}

/// /proc/net, /sys/class/net and the resolver.
struct NetworkFacts: Codable, Equatable, Sendable {
    var links: [LinkFacts]
    /// /proc/net/route: dotted-quad text, lowest metric first. Unreachable and rejecting routes are left out.
    var routes4: [RouteFacts]
    /// /proc/net/ipv6_route: compressed text, without loopback, link-local and multicast.
    var routes6: [RouteFacts]
    /// `nameserver` lines of /etc/resolv.conf.
    var nameservers: [String]
    /// Current values by path: "net/ipv4/ip_forward": "0". Those that a plan may write.
    var sysctls: [String: String]
    /// What the running kernel was asked; nil for a saved machine.
    var live: LiveNetworkFacts?
}

/// What files do not tell: answers of rtnetlink and nf_tables.
struct LiveNetworkFacts: Codable, Equatable, Sendable {
    /// The machine's own IPv4 addresses; `prefixLength` is that of the link's network.
    var addresses4: [AddressFacts] = []
    /// IPv4 routes of other tables than main and local: policy routing, VPNs.
    var otherRoutes4: [RouteFacts] = []
    /// Policy rules, by which another table may claim the guest's networks.
    var hasPolicyRules4 = false
    var hasPolicyRules6 = false
    /// An interface with the tap's name exists that `boot` did not create.
    var tapIsForeign = false
    /// Chains of other firewalls that drop what they do not allow, and have no rule for the tap.
    var firewalls: [FirewallFacts] = []
    /// Chains of our own table, from an earlier run, that keep the machine from forwarding for others.
    var transitChains: [String] = []
    /// /proc/sys is mounted read-only, as in most containers.
    var sysctlsAreReadOnly = false
}

struct AddressFacts: Codable, Equatable, Sendable {
    var address: String
    var prefixLength: Int
    var interface: String
}

/// A base chain of another nf_tables table.
struct FirewallFacts: Codable, Equatable, Sendable {
    /// inet, ip or ip6.
    var family: String
    var table: String
    var chain: String
    /// forward, input or postrouting.
    var hook: String
    /// The names of the table's chains, by which a firewall is recognized.
    var chains: [String]
}

struct LinkFacts: Codable, Equatable, Sendable {
    var name: String
    var index: Int
    var mtu: Int
    /// operstate: up, down, unknown, ...
    var state: String
    /// Has a device below it: a real or virtual NIC rather than a bridge or a tunnel.
    var hasDevice: Bool
}

struct RouteFacts: Codable, Equatable, Sendable {
    /// "0.0.0.0" or "::" with prefixLength 0 for a default route.
    var destination: String
    var prefixLength: Int
    /// nil for a directly connected network.
    var gateway: String?
    var interface: String
    var metric: Int

    var isDefault: Bool { prefixLength == 0 }
}

/// A whole block device.
struct DiskFacts: Codable, Equatable, Sendable {
    /// Kernel name: sdb, vda, nvme0n1.
    var name: String
    var size: Int
    var model: String?
    var serial: String?
    var readOnly: Bool
    var rotational: Bool
    var logicalBlockSize: Int
    /// Other names of the same device that exist below /dev/disk, as absolute paths.
    var aliases: [String]
    /// Where it or a partition of it is mounted, or "swap".
    var mounts: [String]
    /// Device mapper, md or other users of it or a partition: /sys/block/*/holders.
    var holders: [String]
    /// The first blocks could not be read: the reason.
    var readError: String?
    var table: PartitionTable?

    var path: String { "/dev/" + name }
    var isApple: Bool { table?.partitions.contains { $0.kind == .apfs || $0.kind == .hfsPlus || $0.kind == .appleOther } ?? false }
}

/// Files that a plan refers to, as found.
struct FileFacts: Codable, Equatable, Sendable {
    /// The OpenCore disk image or device of the configuration, when it exists.
    var bootloader: FileFact?
    /// Every OVMF code and variables pair that was found, best first.
    var firmware: [FirmwarePair]
    var dnsmasq: String?
    /// The device nodes of DeviceNode.all that exist.
    var nodes: [String]
    /// Users of /etc/passwd by name: those that a plan can choose from.
    var users: [String: UserFact]
}

struct FileFact: Codable, Equatable, Sendable {
    var path: String
    var size: Int
    var isBlockDevice: Bool
}

struct UserFact: Codable, Equatable, Sendable {
    var uid: Int
    var gid: Int
}

/// OVMF code and its variable template. The sizes belong together: 1 966 080 with 131 072 bytes (2 MiB build),
/// 3 653 632 with 540 672 bytes (4 MiB build); a mixed pair boots but never keeps a variable.
struct FirmwarePair: Codable, Equatable, Sendable {
    var code: FileFact
    var variables: FileFact

    var matches: Bool {
        switch (code.size, variables.size) {
        case (1_966_080, 131_072), (3_653_632, 540_672): true
        // Any other build: code and variables fill one flash of a power of two.
        case (let code, let variables): (code &+ variables).nonzeroBitCount == 1
        }
    }
}

/// What the QEMU binary says of itself over QMP.
struct QemuFacts: Codable, Equatable, Sendable {
    var path: String
    /// 7.2.22 is [7, 2, 22].
    var version: [Int]
    /// Machine type names, aliases included.
    var machines: [String]
    /// Names for -device: of `asked`, those that it has.
    var devices: [String]
    /// The devices that it was asked for; nil in files of earlier versions.
    var asked: [String]?
    var cpuModels: [String]
    /// Options that this build has, by option group: "run-with": ["chroot", "user"]; "aio" holds the values of a drive's `aio`.
    var options: [String: [String]]
    /// True when this process asked, so that no cache has it yet.
    var isNew: Bool?

    /// Whether it said that it does not have this device.
    func lacks(_ device: String) -> Bool { !devices.contains(device) && asked?.contains(device) ?? true }

    var versionText: String { version.map(String.init).joined(separator: ".") }
    func isAtLeast(_ major: Int, _ minor: Int) -> Bool {
        let have = (version.first ?? 0, version.dropFirst().first ?? 0)
        return have.0 > major || (have.0 == major && have.1 >= minor)
    }
}

/// What stays the same over reboots and tells this machine from others: the seed of the guest's MAC and UUID.
struct IdentityFacts: Codable, Equatable, Sendable {
    /// /etc/machine-id.
    var machineID: String?
    /// /sys/class/dmi/id/product_uuid; needs root.
    var productUUID: String?
}
