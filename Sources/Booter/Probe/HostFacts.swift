import KVM

/// Everything about the machine that a plan may depend on.
///
/// Read by `HostProbe`, without changing anything. Codable so that `boot probe --json` can be attached to a bug report
/// and `boot plan --facts` replays it. All sizes are bytes unless the name says otherwise.
struct HostFacts: Codable, Equatable, Sendable {
    /// Incremented when a field changes its meaning.
    var schemaVersion = HostFacts.schema
    static let schema = 1
    /// Read from a saved copy, so that KVM and QEMU could not be queried.
    var isReplay = false
    var kernel: KernelFacts
    var process: ProcessFacts
    var cpu: CPUFacts
    var memory: MemoryFacts
    var cgroup: CgroupFacts
    /// nil until the modules are loaded, and when a saved machine is replayed.
    var kvm: KVMFacts?
    var network: NetworkFacts
    /// Whole disks, in the kernel's order, without loops, RAM disks and optical drives; then what disk.device names instead of one.
    var disks: [DiskFacts]
    var files: FileFacts
    /// nil when no QEMU binary was found, or it could not be queried.
    var qemu: QemuFacts?
    /// Why a binary that was found could not be queried.
    var qemuProblem: String?
    var identity: IdentityFacts
}

/// What survives reboots and distinguishes this machine from others: the seed of the guest's MAC address and UUID.
struct IdentityFacts: Codable, Equatable, Sendable {
    /// /etc/machine-id.
    var machineID: String?
    /// /sys/class/dmi/id/product_uuid; needs root.
    var productUUID: String?
    /// What an earlier start derived them from; nil when no start has kept it.
    var kept: String?
}
