import BootSettings
import Diagnostics
import LinuxSupport
import NetSetup
import NetworkValues
import SystemPackage

/// Reads the machine without changing it.
///
/// `facts()` is everything; the other functions read one part again, after modules were loaded or while waiting for a disk.
struct HostProbe {
    let root: FileRoot
    let configuration: Configuration
    let questions: MachineQuestions

    /// Everything but `kvm`, which is asked by ioctl when its modules are there.
    /// - Throws: when /proc is not mounted or not what a Linux kernel shows.
    func facts() throws(OperationError) -> HostFacts {
        let status = status()
        let mounts = mounts()
        var facts = HostFacts(
            kernel: kernel(), process: status.facts, cpu: try cpu(status), memory: try memory(), cgroup: cgroup(mounts), kvm: nil,
            network: network(), disks: disks(mounts), files: files(), qemu: nil, identity: identity())
        facts.isReplay = !root.isLive
        do {
            facts.qemu = try qemu()
        } catch {
            facts.qemuProblem = error.description
        }
        return facts
    }

    func kernel() -> KernelFacts { KernelReader(root: root, modules: questions.modules).facts() }

    /// - Throws: when /proc/meminfo cannot be read.
    func memory() throws(OperationError) -> MemoryFacts {
        do {
            if let facts = try MemoryReader(root: root).facts() { return facts }
        } catch {
            throw Self.unreadable("/proc/meminfo", error.description)
        }
        throw Self.unreadable("/proc/meminfo", "no MemTotal line")
    }

    func network() -> NetworkFacts {
        NetworkReader(root: root, uplink: configuration.network.uplink?.description, tap: configuration.network.tap).facts()
    }

    func disks() -> [DiskFacts] { disks(mounts()) }

    func files() -> FileFacts { FileReader(root: root, configuration: configuration, questions: questions).facts() }

    /// - Throws: when there is a QEMU that cannot be asked; nil when there is none.
    func qemu() throws(OperationError) -> QemuFacts? {
        try qemuReader.facts()
    }

    /// Keeps QEMU's answers for the next start: the one function here that writes.
    /// - Throws: when the file cannot be written.
    func remember(_ qemu: QemuFacts) throws(OperationError) {
        try qemuReader.remember(qemu)
    }

    private var qemuReader: QemuReader {
        QemuReader(
            root: root, binary: configuration.qemu.binary, run: configuration.state.run, devices: questions.qemuDevices)
    }

    private func cpu(_ status: ProcessStatus) throws(OperationError) -> CPUFacts {
        do {
            let reader = CPUReader(root: root)
            var facts = try reader.facts(allowedList: status.allowedCPUs)
            if configuration.guest.pinVCPUs { facts.nodes = reader.nodes() }
            if !facts.logical.isEmpty { return facts }
        } catch {
            throw Self.unreadable("/proc/cpuinfo", error.description)
        }
        throw Self.unreadable("/proc/cpuinfo", "it lists no processor")
    }

    private func cgroup(_ mounts: [MountInfo]) -> CgroupFacts {
        let memberships = (try? root.text("/proc/self/cgroup")).map(CgroupMembership.parse) ?? []
        return CgroupReader(root: root).facts(memberships: memberships, mounts: mounts)
    }

    private func disks(_ mounts: [MountInfo]) -> [DiskFacts] {
        var wanted: String?
        if case .path(let path) = configuration.disk.device { wanted = path }
        return DiskReader(root: root, wanted: wanted).disks(mounts: mounts)
    }

    func identity() -> IdentityFacts {
        IdentityFacts(
            machineID: root.word("/etc/machine-id"), productUUID: root.word("/sys/class/dmi/id/product_uuid"),
            kept: KeptIdentity(root, configuration.state.identity)?.seed)
    }

    private func status() -> ProcessStatus { ProcessStatus(parsing: (try? root.text("/proc/self/status")) ?? "") }
    private func mounts() -> [MountInfo] { (try? root.text("/proc/self/mountinfo")).map(MountInfo.parse) ?? [] }

    private static func unreadable(_ path: String, _ cause: String) -> OperationError {
        OperationError("read", path, cause: cause, remedy: "mount /proc first: mount -t proc proc /proc", exit: ExitStatus.osError)
    }
}
